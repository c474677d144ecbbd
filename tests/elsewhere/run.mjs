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
import { realRevocations } from './real-revocations.mjs'
import { Relay } from './relay.mjs'
import { revoked } from './revoked.mjs'
import { flood, hangUp, outage, rotate } from './rotation.mjs'
import { Service } from './service.mjs'
import { table } from './table.mjs'
import { askService, pair, startVerifier } from './verifiers.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const program = resolve(process.argv[2] ?? `${root}/target/debug/tandem`)

const EXAMPLES = {
  node: { command: process.execPath, args: ['server.mjs'], cwd: `${root}/examples/verify-node` },
  python: { command: `${root}/tests/.cache/venv-elsewhere/bin/python`, args: ['-B', 'server.py'], cwd: `${root}/examples/verify-python` },
  rust: { command: `${root}/target/verify-rust/debug/verify-rust`, args: [], cwd: root },
}

// An interrupt must leave nothing running: the processes are ended on `exit`.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))

const directory = mkdtempSync(join(tmpdir(), 'tandem-elsewhere-'))
const world = {
  service: new Service(program, directory),
  relay: new Relay(),
  verifiers: [],
  startVerifiers: (options) => Promise.all(Object.entries(EXAMPLES).map(
    ([name, example]) => startVerifier(example, name, options ?? { tandem: `${world.relay.url}/${name}` }))),
  askService: (request) => askService(world.service.url, request),
  askAll: async (request) => [
    { name: 'the service', ...(await world.askService(request)) },
    ...(await Promise.all(world.verifiers.map(async (verifier) => ({ name: verifier.name, ...(await verifier.ask(request)) })))),
  ],
}

try {
  await world.service.start()
  await world.relay.start(world.service)
  for (const [name, example] of Object.entries(EXAMPLES)) {
    for (const empty of [{ id: '' }, { secret: '' }]) {
      const start = startVerifier(example, name, { tandem: world.relay.url, ...empty })
      await assert.rejects(start, /ended with status 1:[^]*both or neither/, `${name} starts with ${JSON.stringify(empty)}`)
    }
  }
  console.log('half a machine client: the examples do not start')
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
  world.relay.maxAge = undefined
  const made = await flood(world, sudden.fresh)
  console.log(`${made} made-up kids: no more than a look a second`)
  await hangUp(world, sudden.fresh)
  console.log('callers who hang up: the look for keys goes on')

  const { count, wrong } = await table(world, sudden.keys, sudden.fresh, adaBefore)
  assert.equal(wrong.length, 0, `\n${wrong.join('\n')}\n${wrong.length} wrong verdicts`)
  console.log(`${count} requests: the examples say what the service says`)
  await revoked(world)
  console.log('revocations: heard, remembered, and nobody let in when nothing is heard')
  if (await realRevocations(world)) console.log('the same, heard from the service itself')
  await outage(world, await world.ada.login())
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

// A verifier that a failed step has left behind would keep this process alive; `exit` ends it.
process.exit()
