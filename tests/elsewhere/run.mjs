// Do the examples for resource servers say of every request what the service says? One table, put to the
// service's `verify` and to all three; then a change of keys, an outage and revocations under them.
//
//   node tests/elsewhere/run.mjs [PROGRAM]     default: target/debug/tandem
//
// `tests/run --only elsewhere` builds and installs what this needs.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Mould } from './forge.mjs'
import { Relay } from './relay.mjs'
import { revoked } from './revoked.mjs'
import { flood, outage, rotate } from './rotation.mjs'
import { changedRows, requestRows } from './rows-requests.mjs'
import * as tokenRows from './rows-tokens.mjs'
import { Service } from './service.mjs'
import { askService, pair, startVerifier } from './verifiers.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const program = resolve(process.argv[2] ?? `${root}/target/debug/tandem`)

const EXAMPLES = {
  node: { command: process.execPath, args: ['server.mjs'], cwd: `${root}/examples/verify-node` },
  python: { command: `${root}/tests/.cache/venv-elsewhere/bin/python`, args: ['-B', 'server.py'], cwd: `${root}/examples/verify-python` },
  rust: { command: `${root}/target/debug/verify-rust`, args: [], cwd: root },
}

const directory = mkdtempSync(join(tmpdir(), 'tandem-elsewhere-'))
const world = {
  service: new Service(program, directory),
  relay: new Relay(),
  verifiers: [],
  startVerifiers: () => Promise.all(Object.entries(EXAMPLES).map(
    ([name, example]) => startVerifier(example, name, `${world.relay.url}/${name}`))),
  askService: (request) => askService(world.service.url, request),
  askAll: async (request) => [
    { name: 'the service', ...(await world.askService(request)) },
    ...(await Promise.all(world.verifiers.map(async (verifier) => ({ name: verifier.name, ...(await verifier.ask(request)) })))),
  ],
}

try {
  await world.service.start()
  await world.relay.start(world.service)
  world.verifiers = await world.startVerifiers()
  world.ada = await world.service.register()
  world.service.command(['user', 'set-roles', world.ada.email, 'author', 'editor'])
  const adaBefore = await world.ada.login()

  const planned = await rotate(world, [adaBefore], { now: false })
  console.log('a key imported and made active under the examples: nobody is refused')
  // Caches that would keep the old set for an hour: now only the unknown `kid` makes them look.
  world.relay.maxAge = 3600
  await new Promise((done) => setTimeout(done, 3500))
  await world.askAll(pair(adaBefore))
  const looks = { ...world.relay.looks }
  const sudden = await rotate(world, [adaBefore, planned.fresh], { now: true })
  for (const { name } of world.verifiers) {
    const more = world.relay.looks[name] - looks[name]
    assert.ok(more >= 1 && more <= 2, `${name}: ${more} looks for two new keys`)
  }
  console.log('the same with --now and a set that is held: each looked again by itself')
  const made = await flood(world, sudden.fresh)
  console.log(`${made} made-up kids: no more than a look a second`)
  world.relay.maxAge = undefined

  const count = await table(sudden.keys, sudden.fresh, adaBefore)
  console.log(`${count} requests: the examples say what the service says`)
  await revoked(world)
  console.log('revocations: heard, remembered, and nobody let in when nothing is heard')
  await outage(world, sudden.fresh)
  console.log('keys that cannot be had: known ones go on verifying')
  for (const verifier of world.verifiers) assert.ok(verifier.alive(), `${verifier.name} has ended`)
} catch (error) {
  console.error(`elsewhere: ${error.stack}`)
  for (const { name, log } of world.verifiers) console.error(`\nthe end of ${name}'s log:\n${log().split('\n').slice(-10).join('\n')}`)
  if (world.service.server) console.error(`\nthe end of the service's log:\n${world.service.server.log().split('\n').slice(-10).join('\n')}`)
  process.exitCode = 1
} finally {
  for (const verifier of world.verifiers) verifier.stop()
  world.relay.stop()
  await world.service.server?.stop()
  rmSync(directory, { recursive: true, force: true })
}

/** Every row, put to the service and to all examples. Says all that is wrong, not only the first. */
async function table(keys, ada, adaBefore) {
  const eve = await (await world.service.register()).login()
  const older = await world.ada.login()
  const refreshed = { older, newer: await world.ada.refresh(older) }
  const before = await world.ada.login()
  const wrong = []
  let count = 0
  const check = async ({ name, request, code, elsewhere = code }) => {
    count += 1
    const verdicts = await world.askAll(request)
    const [{ principal }] = verdicts
    for (const verdict of verdicts) {
      const wanted = verdict.name === 'the service' ? code : elsewhere
      const status = wanted === 'ok' ? 200 : 401
      if (verdict.code !== wanted || verdict.status !== status) {
        wrong.push(`${name}: ${verdict.name} says ${verdict.status} ${verdict.code}, not ${wanted}`)
      } else if (wanted === 'ok') {
        assert.deepEqual(verdict.principal, principal, `${name}: ${verdict.name}`)
      }
    }
  }

  for (const row of requestRows({ ada, refreshed, eve, adaBefore })) await check(row)
  for (const half of ['body', 'cookie']) {
    for (const [kind, cases] of Object.entries(tokenRows)) {
      // Anew for each kind: some of them are about the time.
      for (const [name, token, code = 'invalid_token'] of cases(new Mould(half, ada, keys))) {
        const elsewhere = kind === 'unknownKeys' ? 'access_expired' : code
        await check({ name: `${half}: ${kind}: ${name}`, request: pair({ ...ada, [half]: token }), code, elsewhere })
      }
    }
    // That a key is unknown hides nothing: beside a false half it is as false.
    const mould = new Mould(half, ada, keys)
    const other = mould.otherHalf
    const unknown = { ...ada, [half]: [...tokenRows.unknownKeys(mould)][0][1], [other]: `${ada[other]}A` }
    await check({ name: `${half}: unknown key beside a false half`, request: pair(unknown), code: 'invalid_token' })
    const lone = { body: { authorization: [`Bearer ${unknown.body}`] }, cookie: { cookie: [`__Host-tandem-access=${unknown.cookie}`] } }
    await check({ name: `${half}: unknown key and nothing else`, request: lone[half], code: 'invalid_token' })
    // An expired half of another session is not told so.
    const stranger = new Mould(half, eve, keys)
    const expired = stranger.withClaims({ iat: stranger.now - 240, exp: stranger.now - 60 })
    await check({ name: `${half}: expired, of another session`, request: pair({ ...ada, [half]: expired }), code: 'invalid_token' })
    const renamed = stranger.withClaims({ sub: mould.claims.sub })
    await check({ name: `${half}: her name, another session`, request: pair({ ...ada, [half]: renamed }), code: 'invalid_token' })
  }
  world.service.command(['user', 'set-roles', world.ada.email, 'author'])
  await new Promise((done) => setTimeout(done, 2500)) // the service's own look, and the second of the change
  const changed = { before, after: await world.ada.refresh(before) }
  for (const row of changedRows(changed)) await check(row)
  assert.equal(wrong.length, 0, `\n${wrong.join('\n')}\n${wrong.length} wrong verdicts`)
  return count
}

