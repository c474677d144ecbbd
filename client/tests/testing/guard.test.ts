// Both halves or nothing, at an operation of the service and at a route of the app's own.

import { expect, test } from 'vitest'
import { fakeAuthServer } from '../../src/testing/index.js'
import { ADA, page, said } from './page.js'

async function setUp() {
  const server = fakeAuthServer()
  server.addUser({ ...ADA, roles: ['reader', 'editor'] })
  server.route('/api/orders', (_request, caller) => ({ of: caller?.user.email, roles: caller?.user.roles }))
  const owner = page(server)
  const tokens = await owner.login()
  return { server, owner, tokens, access: tokens.access_token }
}

for (const path of ['/api/auth/me', '/api/orders']) {
  test(`the half matrix at ${path}`, async () => {
    const { server, owner, access } = await setUp()
    const stranger = page(server)
    const other = page(server)
    const theirs = await other.login()
    const at = (who: typeof owner, access?: string) => said(who.call(path, { access }))
    expect(await at(stranger)).toBe('401 unauthenticated')
    expect(await at(stranger, access)).toBe('401 invalid_token')
    expect(await at(owner)).toBe('401 invalid_token')
    expect(await at(owner, theirs.access_token)).toBe('401 invalid_token')
    expect(await at(owner, `${access}x`)).toBe('401 invalid_token')
    expect(await at(owner, tampered(access))).toBe('401 invalid_token')
    expect(await at(owner, owner.browser.cookies[0]!.value)).toBe('401 invalid_token')
    expect(await at(owner, access)).toBe('200')
    expect(server.counts.refusals).toEqual({ unauthenticated: 1, missing: 2, mismatch: 1, malformed: 3 })
  })
}

function tampered(token: string): string {
  const [header, payload, signature] = token.split('.')
  const claims = JSON.parse(atob(payload!)) as object
  return `${header}.${btoa(JSON.stringify({ ...claims, roles: ['admin'] })).replaceAll('=', '')}.${signature}`
}

test('what only time has done is access_expired, five seconds late', async () => {
  const { server, owner, access } = await setUp()
  const at = () => said(owner.call('/api/orders', { access }))
  server.advance(243_000)
  expect(await at()).toBe('200')
  server.advance(2_000)
  expect(await at()).toBe('401 access_expired')
})

test('a session that ended is invalid_token at once', async () => {
  const { server, owner, access } = await setUp()
  server.endSessions(ADA.email)
  server.advance(1_000_000)
  expect(await said(owner.call('/api/orders', { access }))).toBe('401 invalid_token')
})

test('generations may differ: the jar is ahead of the page', async () => {
  const { server, owner, tokens } = await setUp()
  server.advance(60_000)
  await owner.refresh({ access: tokens.access_token, refresh: tokens.refresh_token })
  expect(server.counts.rotations).toBe(1)
  expect(await said(owner.call('/api/orders', { access: tokens.access_token }))).toBe('200')
})

test('changed roles answer access_expired, and a refresh brings the new ones', async () => {
  const { server, owner, tokens, access } = await setUp()
  server.setRoles(ADA.email, ['admin'])
  expect(await said(owner.call('/api/orders', { access }))).toBe('401 access_expired')
  const answer = await owner.refresh({ access, refresh: tokens.refresh_token })
  const { access_token } = (await answer.json()) as typeof tokens
  const orders = await owner.call('/api/orders', { access: access_token })
  expect(await orders.json()).toEqual({ of: ADA.email, roles: ['admin'] })
})

test('an answer says what the service would say', async () => {
  const { server, owner, access } = await setUp()
  server.advance(245_000)
  const answer = await owner.call('/api/orders', { access })
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="tandem", error="invalid_token"')
  expect(answer.headers.get('date')).toBe(new Date(Math.floor(server.now() / 1000) * 1000).toUTCString())
  expect(await answer.json()).toEqual({
    type: `${server.origin}/problems/access-expired`,
    title: 'The access tokens have expired',
    status: 401,
    code: 'access_expired',
    request_id: expect.stringMatching(/^[0-9a-f]{24}$/),
  })
})

test('tokens have the form of the real ones and cannot be taken for them', async () => {
  const { owner, access, tokens } = await setUp()
  const [header, claims] = access.split('.').slice(0, 2).map((part) => JSON.parse(atob(part)) as object)
  expect(header).toEqual({ alg: 'none', typ: 'tandem-body+jwt', kid: 'fake-body' })
  expect(Object.keys(claims!).sort()).toEqual(['aud', 'exp', 'gen', 'iat', 'iss', 'jti', 'roles', 'sid', 'sub'])
  expect(tokens.refresh_token).toMatch(/^tdm_rtb_fake\./)
  const cookies = owner.browser.cookies.map(({ name, path }) => [name, path])
  expect(cookies).toEqual([['tandem-access', '/'], ['tandem-refresh', '/api/auth/refresh']])
  expect(JSON.stringify(owner.browser.cookies)).not.toContain(tokens.refresh_token)
})

test('over https the cookies have their prefixes', async () => {
  const server = fakeAuthServer({ origin: 'https://api.example.com' })
  server.addUser(ADA)
  const owner = page(server)
  await owner.login()
  expect(owner.browser.cookies.map(({ name }) => name)).toEqual(['__Host-tandem-access', '__Secure-tandem-refresh'])
})
