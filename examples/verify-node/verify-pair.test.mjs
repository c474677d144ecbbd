// What needs no service. The rest is in tests/elsewhere.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeySet, LONGEST_OUTAGE, Unavailable } from './keys.mjs'
import { Revocations } from './revocations.mjs'
import { context, PairVerifier } from './verify-pair.mjs'

test('the context is what Tandem writes', () => {
  const grants = { auth_time: 1800000000, amr: ['pwd'], roles: ['admin', 'user'] }
  assert.equal(context(grants), 'hm9IvJxiagq2H9GhDMh_Bw')
})

test('the cookie has its prefix over https, and only there', async () => {
  for (const [issuer, name] of [['https://api.example.com', '__Host-tandem-access'], ['http://localhost:8080', 'tandem-access']]) {
    const verifier = new PairVerifier({ issuer, audience: 'tandem' })
    const code = (line) => verifier.verify([], [line]).catch((error) => error.code)
    assert.equal(await code(`${name}=x`), 'invalid_token')
    assert.equal(await code(`x${name}=x; __%48ost-tandem-access=x; Tandem-Access=x`), 'unauthenticated')
  }
})

test('revocations are asked for from where the last answer ended, and not believed for ever', async () => {
  const asked = []
  let now = 0
  const answers = [
    { now: 1000, bound: 10, sessions: [{ id: 'a', ended: true, tokens_not_before: null }] },
    { now: 2000, bound: 10, sessions: [{ id: 'b', ended: false, tokens_not_before: 7 }] },
  ]
  const fetch = async (url) => { asked.push(url); return { ok: true, json: async () => answers.shift() } }
  const revocations = new Revocations({ url: 'u', token: async () => 't', fetch, now: () => now })
  assert.throws(() => revocations.standing('a'))
  await revocations.look()
  await revocations.look()
  assert.deepEqual(asked, ['u', 'u?since=1000'])
  assert.equal(revocations.standing('a').ended, true)
  assert.equal(revocations.standing('b').tokens_not_before, 7)
  assert.equal(revocations.standing('c'), undefined)
  now = 10_001
  assert.throws(() => revocations.standing('c'))
})

test('a set of keys is kept through an outage, but not for ever', async () => {
  const jwk = (ring) => ({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', kid: ring, tandem_ring: ring, x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' })
  let now = 0
  let away = false
  const fetch = async () => {
    if (away) throw new Error('away')
    return { ok: true, headers: new Headers(), json: async () => ({ keys: [jwk('body'), jwk('cookie')] }) }
  }
  const keys = new KeySet('u', { fetch, now: () => now })
  assert.ok(await keys.find('body'))
  away = true
  now = LONGEST_OUTAGE
  assert.ok(await keys.find('body'))
  now += 60_000 // it was fresh for a minute
  await assert.rejects(keys.find('body'), Unavailable)
  away = false
  now += 1000
  assert.ok(await keys.find('body'))
})
