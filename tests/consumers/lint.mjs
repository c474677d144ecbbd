// `redocly lint` on the committed document, by openapi/redocly.yaml.

import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './program.mjs'

export async function lint(root, home) {
  await judge(root, `${root}/openapi`)
  // The same configuration beside a document that is wrong: the rules are really asked.
  const files = ['redocly.yaml', '.redocly.lint-ignore.yaml', 'openapi.json']
  for (const file of files) cpSync(`${root}/openapi/${file}`, join(home, file))
  const document = JSON.parse(readFileSync(join(home, 'openapi.json'), 'utf8'))
  delete document.info.license
  delete document.paths['/api/auth/me'].get.security
  delete document.paths['/api/auth/me'].get.description
  writeFileSync(join(home, 'openapi.json'), JSON.stringify(document))
  const found = await judge(root, home).catch(({ message }) => message)
  for (const rule of ['info-license', 'security-defined', 'operation-description']) {
    assert.ok(found.includes(rule), `${rule} was not found:\n${found}`)
  }
}

function judge(root, directory) {
  const redocly = `${root}/tests/consumers/node_modules/.bin/redocly`
  return run(redocly, ['lint', 'openapi.json', '--config=redocly.yaml', '--format=stylish'], {
    cwd: directory, env: { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
  })
}
