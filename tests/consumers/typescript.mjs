// docs/api/typescript.md, and the typed client that it shows.

import assert from 'node:assert/strict'
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { register } from './account.mjs'
import { blocks, runAsShown, useProgram, write } from './pages.mjs'
import { run } from './program.mjs'

const TARGET = ['--module', 'nodenext', '--target', 'es2022', '--types', 'node']
const STRICT = ['--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes']

export async function useTypeScript(root, home, service) {
  const tests = `${root}/tests/consumers`
  await run('npm', ['run', 'build', `--prefix=${root}/client`])

  const code = blocks(`${root}/docs/api/typescript.md`)
  const cwd = write(join(home, 'typescript'), code)
  writeFileSync(join(cwd, 'package.json'), '{ "type": "module" }')
  symlinkSync(`${tests}/node_modules`, join(cwd, 'node_modules'))
  symlinkSync(`${root}/openapi`, join(cwd, 'openapi'))
  cpSync(`${tests}/by_openapi_fetch.ts`, join(cwd, 'by_openapi_fetch.ts'))

  const [install, generate] = Object.values(code).find((block) => block.startsWith('npm install ')).split('\n')
  const { devDependencies } = JSON.parse(readFileSync(`${tests}/package.json`, 'utf8'))
  for (const name of install.split(' ').slice(2)) assert.ok(name in devDependencies, `${name} is not what is tested`)
  await run('sh', ['-ec', generate], { cwd })
  const files = ['main.ts', 'session.ts', 'by_openapi_fetch.ts']
  await run('node_modules/.bin/tsc', [...TARGET, ...STRICT, ...files], { cwd })

  const { email, password } = await register(service.url)
  const env = { BASE: service.url, EMAIL: email, PASSWORD: password, LIFE: String(service.life) }
  await run(process.execPath, ['by_openapi_fetch.js'], { cwd, env })
  await runAsShown(service, code, { cwd })
  await useProgram(service, process.execPath, ['main.js'], { cwd, first: (account) => account.email })
}
