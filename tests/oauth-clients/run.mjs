// Machine clients by libraries that nobody here wrote: oauth4webapi (Node) and Authlib (Python) find the
// service by its metadata, get tokens by every method that they know, ask about them, verify them and
// revoke them, and read its refusals.
//
//   node tests/oauth-clients/run.mjs [PROGRAM]     default: target/debug/tandem

import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startTandem } from '../browser/server.mjs'
import { useService } from './oauth4webapi.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const program = resolve(process.argv[2] ?? `${root}/target/debug/tandem`)
const python = `${root}/tests/.cache/oauth-clients/bin/python`
const scopes = ['introspect', 'orders:read', 'revocations:read']

const home = mkdtempSync(join(tmpdir(), 'tandem-oauth-'))
// The command line works on the same database as the service.
const settings = {
  TANDEM_DATABASE__URL: `sqlite://${home}/tandem.db?mode=rwc`,
  TANDEM_KEYS__MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
}
let server
try {
  server = await startTandem(program, settings)
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  writeFileSync(join(home, 'keys.json'), JSON.stringify({ keys: [publicKey.export({ format: 'jwk' })] }))
  const known = {
    issuer: server.url.replace('127.0.0.1', 'localhost'),
    scopes,
    secretive: addClient('with a secret'),
    signing: addClient('with a key', '--jwks', 'keys.json'),
    key: privateKey.export({ format: 'jwk' }),
    bare: addBareClient(),
  }
  await useService(known)
  console.log('oauth4webapi: metadata, tokens by three methods, verification, introspection, revocation')
  useServiceByAuthlib(known)
} catch (error) {
  console.error(`OAuth clients: ${error.stack}`)
  if (server) console.error(`\nthe end of the server's log:\n${server.log().split('\n').slice(-20).join('\n')}`)
  process.exitCode = 1
} finally {
  await server?.stop()
  rmSync(home, { recursive: true, force: true })
}

function addClient(name, ...more) {
  return tandem('client', 'add', name, ...scopes.flatMap((scope) => ['--scope', scope]), ...more)
}

/** A client that may ask for nothing. */
function addBareClient() {
  return tandem('client', 'add', 'without scopes')
}

function tandem(...words) {
  const { status, stdout, stderr } = spawnSync(program, [...words, '--json', '--dev'], {
    cwd: home,
    env: settings,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`tandem ${words.join(' ')}: ${stderr}`)
  return JSON.parse(stdout)
}

function useServiceByAuthlib(known) {
  const script = fileURLToPath(new URL('by_authlib.py', import.meta.url))
  const { status, error } = spawnSync(python, ['-W', 'error::DeprecationWarning', script], {
    input: JSON.stringify(known),
    stdio: ['pipe', 'inherit', 'inherit'],
    timeout: 120_000,
  })
  if (error) throw error
  if (status !== 0) throw new Error('the Python client failed')
}
