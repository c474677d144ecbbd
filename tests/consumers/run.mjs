// Whoever uses the API by its document: the linter, generated clients, the programs of docs/api, and Bruno.
//
//   node tests/consumers/run.mjs [PROGRAM]     default: target/debug/tandem
//
// `tests/run --only consumers` builds and installs what this needs.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startTandem } from '../browser/server.mjs'
import { useBruno } from './bruno.mjs'
import { lint } from './lint.mjs'
import { useProgram } from './pages.mjs'
import { usePython } from './python.mjs'
import { useMatrix } from './qa.mjs'
import { quotesItsExample } from './rust.mjs'
import { useShell } from './shell.mjs'
import { useTypeScript } from './typescript.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const program = resolve(process.argv[2] ?? `${root}/target/debug/tandem`)
const home = mkdtempSync(join(tmpdir(), 'tandem-consumers-'))
// Seconds.
const [life, reuseInterval] = [2, 1]

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))
process.once('exit', () => rmSync(home, { recursive: true, force: true }))
const servers = []

/** Short lives, so that nothing has to wait for long. */
async function start(accessTtl) {
  const server = await startTandem(program, {
    TANDEM_TOKENS__ACCESS_TTL: `${accessTtl}s`,
    TANDEM_TOKENS__REUSE_INTERVAL: `${reuseInterval}s`,
    TANDEM_TOKENS__LEEWAY: '0s',
  })
  servers.push(server)
  // Bruno's jar takes no cookie of a script for an address without a name.
  return { url: server.url.replace('127.0.0.1', 'localhost'), life: accessTtl, reuseInterval }
}

try {
  await lint(root, home)
  console.log('redocly: no rule is broken, and a document that breaks some is found')
  const service = await start(life)
  await useShell(root, home, service)
  console.log('curl: the script of its page')
  await usePython(root, home, service)
  console.log('Python: the programs of its page, and the generated client with a cookie jar')
  await useTypeScript(root, home, service)
  console.log('TypeScript: the program of its page, and openapi-fetch by hand and through the client package')
  quotesItsExample(root)
  await useProgram(service, `${root}/target/client-rust/debug/client-rust`, [])
  console.log('Rust: the example, which is what its page shows')
  const patient = await start(60)
  await useMatrix(root, home, patient)
  console.log('the half matrix: what its page says')
  const count = await useBruno(root, home, patient)
  console.log(`Bruno: ${count} requests, each answered as it should be`)
} catch (error) {
  console.error(`consumers: ${error.stack}`)
  for (const { log } of servers) {
    console.error(`\nthe end of a service's log:\n${log().split('\n').slice(-10).join('\n')}`)
  }
  process.exitCode = 1
} finally {
  for (const server of servers) await server.stop()
}
