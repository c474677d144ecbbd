import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const client = fileURLToPath(new URL('../..', import.meta.url))

test('src/api.ts is what the committed API document says; `npm run types` writes it anew', () => {
  const generator = `${client}/node_modules/openapi-typescript/bin/cli.js`
  const current = execFileSync(process.execPath, [generator, '../openapi/openapi.json'], { cwd: client }).toString()
  // The first lines are the generator's own, and only in files.
  expect(withoutHeader(readFileSync(`${client}/src/api.ts`, 'utf8'))).toBe(withoutHeader(current))
}, 60_000)

const withoutHeader = (text: string) => text.slice(text.indexOf('export interface paths')).trim()
