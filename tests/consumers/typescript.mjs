// docs/api/typescript.md, and the typed client that it shows.

import assert from 'node:assert/strict'
import { cpSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { register } from './account.mjs'
import { blocks, runAsShown, useProgram, write } from './pages.mjs'
import { run } from './program.mjs'

const TARGET = ['--module', 'nodenext', '--target', 'es2022', '--types', 'node']
const STRICT = ['--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes']

const json = (path) => JSON.parse(readFileSync(path, 'utf8'))

export async function useTypeScript(root, home, service) {
  const tests = `${root}/tests/consumers`
  await run('npm', ['run', 'build', `--prefix=${root}/client`])

  const code = blocks(`${root}/docs/api/typescript.md`)
  const cwd = write(join(home, 'typescript'), code)
  const [init, install, generate] = Object.values(code).find((block) => block.startsWith('npm init ')).split('\n')
  await run('sh', ['-ec', init], { cwd })
  symlinkSync(`${tests}/node_modules`, join(cwd, 'node_modules'))
  cpSync(`${tests}/by_openapi_fetch.ts`, join(cwd, 'by_openapi_fetch.ts'))

  const { devDependencies } = json(`${tests}/package.json`)
  const [file, ...names] = install.split(' ').slice(2)
  assert.equal(file, `./tandem-auth-client-${json(`${root}/client/package.json`).version}.tgz`)
  for (const name of names) assert.ok(name in devDependencies, `${name} is not what is tested`)
  await run('sh', ['-ec', generate.replace('/path/to/tandem', root)], { cwd })
  const files = ['main.ts', 'session.ts', 'by_openapi_fetch.ts']
  await run('node_modules/.bin/tsc', [...TARGET, ...STRICT, ...files], { cwd })

  const { email, password } = await register(service.url)
  const env = { BASE: service.url, EMAIL: email, PASSWORD: password, LIFE: String(service.life) }
  await run(process.execPath, ['by_openapi_fetch.js'], { cwd, env })
  await runAsShown(service, code, { cwd })
  await useProgram(service, process.execPath, ['main.js'], { cwd, first: (account) => account.email })
}
