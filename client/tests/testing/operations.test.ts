// The other operations: what they answer, what they end, which cookies they leave.

import { expect, test } from 'vitest'
import { fakeAuthServer, type FakeBrowser } from '../../src/testing/index.js'
import { ADA, page, said, type Tokens } from './page.js'

const names = (browser: FakeBrowser) => browser.cookies.map(({ name }) => name)

const fields = async (answer: Response) =>
  ((await answer.json()) as { errors: { field: string }[] }).errors.map(({ field }) => field)

function setUp(options?: Parameters<typeof fakeAuthServer>[0]) {
  const server = fakeAuthServer(options)
  server.addUser(ADA)
  return { server, owner: page(server) }
}

test('register: the same answer for new and known addresses, and every wrong field at once', async () => {
  const { server, owner } = setUp()
  const register = (json: unknown) => owner.call('/api/auth/register', { method: 'POST', json })
  expect(await said(register(ADA))).toBe('202')
  expect(await said(register({ email: 'eve@example.com', password: 'another long passphrase' }))).toBe('202')
  const eve = await owner.login({ email: 'EVE@example.com', password: 'another long passphrase' })
  expect(eve.user.email).toBe('eve@example.com')
  const refused = await register({ email: 'eve', password: 'short' })
  expect(await fields(refused)).toEqual(['email', 'password'])
  expect(await said(register({ ...ADA, more: 1 }))).toBe('422 validation_failed')
  expect(await said(register({}))).toBe('422 validation_failed')
  const text = { method: 'POST', body: 'x' }
  expect(await said(owner.browser.fetch(`${server.origin}/api/auth/register`, text))).toBe('415 unsupported_media_type')

  const closed = setUp({ registration: 'closed' })
  expect(await said(closed.owner.call('/api/auth/register', { method: 'POST', json: ADA }))).toBe('403 forbidden')
})

test('login: one answer for every wrong credential; a session that is presented ends', async () => {
  const { server, owner } = setUp()
  const wrong = (account: object) =>
    said(owner.call('/api/auth/login', { method: 'POST', json: { ...ADA, ...account } }))
  expect(await wrong({ password: 'a wrong passphrase' })).toBe('401 invalid_credentials')
  expect(await wrong({ email: 'nobody@example.com' })).toBe('401 invalid_credentials')
  server.addUser({ ...ADA, email: 'gone@example.com' })
  server.disableUser('gone@example.com')
  expect(await wrong({ email: 'gone@example.com' })).toBe('401 invalid_credentials')

  const first = await owner.login()
  const elsewhere = page(server)
  await elsewhere.login()
  const second = await owner.login(ADA, first.access_token)
  const listed = await owner.call('/api/auth/sessions', { access: second.access_token })
  const { sessions } = (await listed.json()) as { sessions: { id: string; current: boolean }[] }
  expect(sessions.map(({ current }) => current)).toEqual([true, false])
  expect(sessions.map(({ id }) => id)).not.toContain(first.session.id)
})

test('logout ends the session of a pair, expired or not, and harms nobody without one', async () => {
  const { server, owner } = setUp()
  const { access_token: access } = await owner.login()
  const logout = (access?: string) => said(owner.call('/api/auth/logout', { method: 'POST', access }))
  expect(await logout()).toBe('204')
  expect(names(owner.browser)).toHaveLength(2)
  server.advance(1_000_000)
  expect(await logout(access)).toBe('204')
  expect(names(owner.browser)).toEqual([])
})

test('logout everywhere, ending one and ending the others', async () => {
  const { server } = setUp()
  const pages = [page(server), page(server), page(server)] as const
  const tokens: Tokens[] = []
  for (const one of pages) tokens.push(await one.login())
  const me = (at: 0 | 1 | 2) => said(pages[at].call('/api/auth/me', { access: tokens[at]!.access_token }))
  const act = (path: string, method = 'DELETE') =>
    said(pages[0].call(path, { method, access: tokens[0]!.access_token }))
  expect(await act(`/api/auth/sessions/${tokens[1]!.session.id}`)).toBe('204')
  expect([await me(0), await me(1), await me(2)]).toEqual(['200', '401 invalid_token', '200'])
  expect(await act(`/api/auth/sessions/${tokens[1]!.session.id}`)).toBe('404 not_found')
  expect(await act('/api/auth/sessions')).toBe('204')
  expect([await me(0), await me(2)]).toEqual(['200', '401 invalid_token'])
  expect(await act('/api/auth/logout-all', 'POST')).toBe('204')
  expect(await me(0)).toBe('401 invalid_token')
  expect(names(pages[0].browser)).toEqual([])
})

test('a change of password ends all sessions and opens one', async () => {
  const { server, owner } = setUp()
  const elsewhere = page(server)
  const theirs = await elsewhere.login()
  const { access_token: access } = await owner.login()
  const change = (json: object) => owner.call('/api/auth/password', { method: 'POST', access, json })
  expect(await fields(await change({ current_password: 'wrong', new_password: 'short' }))).toEqual(['new_password'])
  const next = 'a different long passphrase'
  expect(await fields(await change({ current_password: 'wrong', new_password: next }))).toEqual(['current_password'])
  const answer = (await (await change({ current_password: ADA.password, new_password: next })).json()) as Tokens
  expect(await said(owner.call('/api/auth/me', { access: answer.access_token }))).toBe('200')
  expect(await said(elsewhere.call('/api/auth/me', { access: theirs.access_token }))).toBe('401 invalid_token')
  const old = page(server).call('/api/auth/login', { method: 'POST', json: ADA })
  expect(await said(old)).toBe('401 invalid_credentials')
})

test('the session flow: a cookie, exchanged for a pair', async () => {
  const { server, owner } = setUp()
  expect(await said(owner.call('/iam/passwordlogin', { method: 'POST', json: ADA }))).toBe('204')
  expect(names(owner.browser)).toEqual(['tandem-session'])
  const minted = (await (await owner.exchange()).json()) as Tokens
  expect(minted).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 60 })
  const me = () => said(owner.call('/api/auth/me', { access: minted.access_token }))
  expect(await me()).toBe('200')
  expect(await said(owner.refresh({ access: minted.access_token, refresh: 'x' }))).toBe('401 invalid_token')
  server.advance(65_000)
  expect(await me()).toBe('401 access_expired')
  const again = (await (await owner.exchange()).json()) as Tokens
  expect(await said(owner.call('/iam/logout', { method: 'POST' }))).toBe('204')
  expect(names(owner.browser)).toEqual([])
  expect(await said(owner.call('/api/auth/me', { access: again.access_token }))).toBe('401 invalid_token')
})

test('without a session an exchange is invalid_grant', async () => {
  const { server, owner } = setUp()
  const refused = await owner.exchange()
  expect([refused.status, await refused.json()]).toEqual([
    400, { error: 'invalid_grant', error_description: 'there is no session: log in' },
  ])
  await owner.call('/iam/passwordlogin', { method: 'POST', json: ADA })
  server.endSessions(ADA.email)
  expect((await owner.exchange()).status).toBe(400)
})

test('the last login has the browser, whichever flow it is of', async () => {
  const { owner } = setUp()
  await owner.call('/iam/passwordlogin', { method: 'POST', json: ADA })
  await owner.login()
  expect(names(owner.browser).sort()).toEqual(['tandem-access', 'tandem-refresh'])
  await owner.call('/iam/passwordlogin', { method: 'POST', json: ADA })
  expect(names(owner.browser)).toEqual(['tandem-session'])
})

test('what there is not', async () => {
  const { owner } = setUp()
  expect(await said(owner.call('/api/auth/nothing'))).toBe('404 not_found')
  expect(await said(owner.call('/api/auth/login'))).toBe('405 method_not_allowed')
})
