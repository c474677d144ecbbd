// Keys are imported and made active under the examples' feet, and the service goes away and comes back.

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { compact, makeKey, read } from './forge.mjs'
import { pair } from './verifiers.mjs'

const kids = (tokens) => ['body', 'cookie'].map((half) => read(tokens[half])[0].kid)

async function allTake(world, tokens, when) {
  const verdicts = await world.askAll(pair(tokens))
  for (const { name, code } of verdicts) assert.equal(code, 'ok', `${name} refuses ${when}`)
}

/** Imports keys into both rings and keeps calling until they sign: nobody may ever be refused. */
export async function rotate(world, old, { now }) {
  const keys = { body: makeKey('body'), cookie: makeKey('cookie') }
  for (const key of Object.values(keys)) world.service.importKey(key, { now })
  const wanted = [keys.body.kid, keys.cookie.kid]
  const seen = new Set()
  for (const until = Date.now() + 20_000; ;) {
    assert.ok(Date.now() < until, 'the imported keys do not sign')
    const fresh = await world.ada.login()
    await allTake(world, fresh, `a pair signed by ${kids(fresh)} at once`)
    for (const tokens of old) await allTake(world, tokens, 'a pair of before')
    kids(fresh).forEach((kid) => seen.add(kid))
    if (String(kids(fresh)) === String(wanted)) return { keys, fresh, seen: seen.size }
    await sleep(200)
  }
}

/** Made-up `kid`s are no flood at the service. */
export async function flood(world, tokens) {
  const key = makeKey('body')
  const [header, claims] = read(tokens.body)
  const began = performance.now()
  const before = { ...world.relay.looks }
  let sent = 0
  while (performance.now() < began + 2500) {
    const junk = Array.from({ length: 4 }, (_, n) => compact(key, JSON.stringify({ ...header, kid: `${sent}-${n}` }), JSON.stringify(claims)))
    await Promise.all(junk.flatMap((body) => world.verifiers.map((verifier) => verifier.ask(pair({ ...tokens, body })))))
    await allTake(world, tokens, 'an honest pair under a flood')
    sent += junk.length
  }
  const allowed = Math.ceil((performance.now() - began) / 1000) + 1
  for (const { name } of world.verifiers) {
    const looks = world.relay.looks[name] - before[name]
    assert.ok(looks >= 1 && looks <= allowed, `${name}: ${looks} looks for ${sent} made-up kids, ${allowed} are allowed`)
  }
  return sent
}

/** A caller who hangs up while an example looks for keys does not take the look along. */
export async function hangUp(world, tokens) {
  world.relay.delay = 1000
  const newcomers = await world.startVerifiers()
  await Promise.all(newcomers.map(async (verifier) => {
    await assert.rejects(verifier.ask({ ...pair(tokens), patience: 300 }), /no answer/, `${verifier.name}: a slow look`)
    assert.equal((await verifier.ask(pair(tokens))).code, 'ok', `${verifier.name}: after a caller who hung up`)
    verifier.stop()
  }))
  world.relay.delay = 0
}

/** The service is away: known keys go on verifying, what cannot be judged is 503, then all is well again. */
export async function outage(world, tokens) {
  const { relay } = world
  relay.maxAge = 1
  await sleep(3500) // the age that the service had given is over
  await allTake(world, tokens, 'a pair before the outage')
  relay.away = true
  await sleep(1200)
  const before = { ...relay.looks }
  await allTake(world, tokens, 'a pair while the keys cannot be had')
  await sleep(1200)
  await allTake(world, tokens, 'a pair while the keys cannot be had')
  for (const { name } of world.verifiers) assert.equal(relay.looks[name] - before[name], 1, `${name}: looks while away`)
  const key = makeKey('body')
  const [header, claims] = read(tokens.body)
  const unknown = compact(key, JSON.stringify({ ...header, kid: key.kid }), JSON.stringify(claims))
  for (const verifier of world.verifiers) {
    const { status, code } = await verifier.ask(pair({ ...tokens, body: unknown }))
    assert.deepEqual([status, code], [503, 'unavailable'], `${verifier.name}: an unknown key while the keys cannot be had`)
  }
  const newcomers = await world.startVerifiers()
  for (const verifier of newcomers) {
    const { status } = await verifier.ask(pair(tokens))
    assert.equal(status, 503, `${verifier.name}: never had any keys`)
  }
  relay.away = false
  relay.maxAge = undefined
  await sleep(1100)
  for (const verifier of newcomers) {
    assert.equal((await verifier.ask(pair(tokens))).code, 'ok', `${verifier.name}: the keys can be had again`)
    verifier.stop()
  }
}
