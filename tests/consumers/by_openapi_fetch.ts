// The types that openapi-typescript makes of the document, used by openapi-fetch: first by hand, with both halves
// in sight; then through the `fetch` of the client package, as docs/api/typescript.md sets it up.
//
//   BASE, EMAIL, PASSWORD, LIFE (seconds that an access token lives) are in the environment

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import makeFetchCookie from 'fetch-cookie'
import createClient from 'openapi-fetch'
import * as page from './session.js'
import type { components, paths } from './tandem.js'

const baseUrl = process.env.BASE!
const account = { email: process.env.EMAIL!, password: process.env.PASSWORD! }
const life = Number(process.env.LIFE) * 1000

await byHand()
await throughTheClient()

async function byHand() {
  const api = createClient<paths>({ baseUrl, fetch: makeFetchCookie(fetch) })
  const withBody = ({ access_token }: components['schemas']['TokenAnswer']) => ({
    headers: { Authorization: `Bearer ${access_token}` },
  })

  const { data: login } = await api.POST('/api/auth/login', { body: account })
  assert.ok(login?.refresh_token)
  const { data: me } = await api.GET('/api/auth/me', withBody(login))
  assert.equal(me?.user.email, account.email)

  await sleep(life + 500)
  const { error: expired } = await api.GET('/api/auth/me', withBody(login))
  assert.equal(expired?.code, 'access_expired')
  const { refresh_token } = login
  const { data: renewed } = await api.POST('/api/auth/refresh', { ...withBody(login), body: { refresh_token } })
  assert.ok(renewed?.refresh_token)
  assert.notEqual(renewed.refresh_token, refresh_token)
  const { data: again } = await api.GET('/api/auth/me', withBody(renewed))
  assert.equal(again?.session.id, me.session.id)

  const { response } = await api.POST('/api/auth/logout', withBody(renewed))
  assert.equal(response.status, 204)
  const { error: over } = await api.GET('/api/auth/me', withBody(renewed))
  assert.equal(over?.code, 'invalid_token')
}

async function throughTheClient() {
  const { api, auth } = page
  const renewals: (number | null)[] = []
  auth.on('renewed', ({ generation }) => renewals.push(generation))

  await auth.signIn(account)
  const { data: me } = await api.GET('/api/auth/me')
  assert.equal(me?.user.email, account.email)
  await sleep(life + 500)
  const { data: later } = await api.GET('/api/auth/me')
  assert.equal(later?.session.id, me.session.id)
  // Ahead of expiry, or on demand: the timer and the call may meet.
  assert.ok(renewals.includes(2), `no rotation: ${renewals}`)

  assert.equal(await auth.signOut(), true)
  await assert.rejects(api.GET('/api/auth/me'), { name: 'AuthError', code: 'signed_out' })
  auth.dispose()
}
