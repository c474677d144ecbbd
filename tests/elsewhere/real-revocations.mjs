// The same against the service's own operation, with a machine client of its own: the fake must not have
// made up more than the names. A program that has no machine clients yet is not asked.

import assert from 'node:assert/strict'
import { soon } from './revoked.mjs'
import { read } from './forge.mjs'

export async function realRevocations(world) {
  const { service, ada } = world
  if (!service.knows('client')) return false
  const added = service.command(['client', 'add', 'elsewhere', '--scope', 'revocations:read', '--json'])
  const { client_id: id, client_secret: secret } = JSON.parse(added)
  const verifiers = await world.startVerifiers({ tandem: service.url, id, secret })
  const all = (tokens, wanted, why) => Promise.all(verifiers.map((verifier) => soon(verifier, tokens, wanted, why)))

  const [gone, other] = [await ada.login(), await ada.login()]
  for (const tokens of [gone, other]) await all(tokens, 'ok', 'nothing is revoked')
  await ada.logout(gone)
  await all(gone, 'invalid_token', 'the session has ended')
  await all(other, 'ok', 'the other session goes on')
  service.command(['user', 'set-roles', ada.email, ...read(other.body)[1].roles, 'reviewer'])
  await all(other, 'access_expired', 'the roles have changed')
  await all(await ada.refresh(other), 'ok', 'refreshed')

  service.command(['client', 'remove', id])
  await all(await ada.login(), 'unavailable', 'the machine client is gone: nothing is heard any more')
  for (const verifier of verifiers) {
    assert.ok(verifier.alive(), `${verifier.name} has ended`)
    verifier.stop()
  }
  return true
}
