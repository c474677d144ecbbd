// Logouts reach the examples, and an example that hears nothing for too long lets nobody in.

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { read } from './forge.mjs'
import { pair } from './verifiers.mjs'
import { revocations } from './fake-revocations.mjs'

/** The example gives this verdict within a few looks. */
export async function soon(verifier, tokens, wanted, why) {
  let code
  for (let tries = 0; tries < 150; tries++) {
    code = (await verifier.ask(pair(tokens))).code
    if (code === wanted) return
    await sleep(100)
  }
  assert.fail(`${verifier.name}: ${why}: ${code}, not ${wanted}`)
}

export async function revoked(world) {
  const { verifiers, ada } = world
  const [gone, stale, other] = [await ada.login(), await ada.login(), await ada.login()]
  const [, staleBody] = read(stale.body)
  const all = (tokens, wanted, why) => Promise.all(verifiers.map((verifier) => soon(verifier, tokens, wanted, why)))
  revocations.bound = 3
  await sleep(5500) // heard by now: they look three times within the bound
  for (const tokens of [gone, stale, other]) await all(tokens, 'ok', 'nothing is revoked')

  await ada.logout(gone)
  revocations.end(read(gone.body)[1].sid)
  revocations.outdate(staleBody.sid, staleBody.iat)
  await all(gone, 'invalid_token', 'the session has ended')
  assert.equal((await world.askService(pair(gone))).code, 'invalid_token')
  await all(stale, 'access_expired', 'issued in the very second that is stale')
  revocations.outdate(staleBody.sid, staleBody.iat - 1)
  await all(stale, 'ok', 'issued a second later')
  // What was said once need not be said again.
  await all(gone, 'invalid_token', 'the session has ended')

  // Its machine token is of no use any more: it gets another one.
  revocations.forgetTokens()
  await sleep(2000)
  const last = await ada.login()
  revocations.end(read(last.body)[1].sid)
  await all(last, 'invalid_token', 'ended after the machine token was revoked')

  revocations.away = true
  for (const verifier of verifiers) assert.equal((await verifier.ask(pair(other))).code, 'ok', 'one lost answer does no harm')
  await all(other, 'unavailable', 'nothing was heard for longer than allowed')
  assert.equal((await verifiers[0].ask(pair(gone))).status, 503)
  for (const verifier of verifiers) {
    const { code } = await verifier.ask({ authorization: [`Bearer ${other.body}`] })
    assert.equal(code, 'invalid_token', `${verifier.name}: half a pair needs no look`)
  }
  revocations.away = false
  await all(other, 'ok', 'heard again')
  await all(gone, 'invalid_token', 'the session is still over')
  revocations.bound = 15
}
