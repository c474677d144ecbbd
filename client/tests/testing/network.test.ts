// What lies between page and service: cookies, origins, and the faults that a test can ask for.

import { afterEach, expect, test, vi } from 'vitest'
import { fakeAuthServer } from '../../src/testing/index.js'
import { ADA, half, page, said, type Tokens } from './page.js'

afterEach(() => void vi.useRealTimers())

async function setUp(options?: Parameters<typeof fakeAuthServer>[0]) {
  const server = fakeAuthServer(options)
  server.addUser(ADA)
  const owner = page(server)
  const tokens = await owner.login()
  return { server, owner, tokens }
}

const refreshCookie = ({ browser }: ReturnType<typeof page>) =>
  browser.cookies.find(({ path }) => path !== '/')!.value

test('a lost answer: the service has acted, neither cookie nor body has come', async () => {
  const { server, owner, tokens } = await setUp()
  const before = refreshCookie(owner)
  server.advance(60_000)
  server.loseNextResponse('refresh')
  await owner.call('/api/auth/me', { access: tokens.access_token })
  await expect(owner.refresh(half(tokens))).rejects.toThrow(TypeError)
  expect(server.counts.rotations).toBe(1)
  expect(refreshCookie(owner)).toBe(before)
  expect(await said(owner.refresh(half(tokens)))).toBe('200')
  expect(server.counts).toMatchObject({ rotations: 1, resends: 1 })
})

test('a split answer: the cookies have come, the body has not', async () => {
  const { server, owner, tokens } = await setUp()
  const before = refreshCookie(owner)
  server.advance(60_000)
  server.splitNextResponse()
  const answer = await owner.refresh(half(tokens))
  expect(answer.status).toBe(200)
  await expect(answer.text()).rejects.toThrow(TypeError)
  expect(refreshCookie(owner)).not.toBe(before)
})

test('a late answer, and the time it takes under fake timers', async () => {
  vi.useFakeTimers()
  const { server, owner, tokens } = await setUp()
  await vi.advanceTimersByTimeAsync(60_000)
  server.delayNext(5_000)
  const answer = owner.refresh(half(tokens))
  await vi.advanceTimersByTimeAsync(4_999)
  expect(server.counts.rotations).toBe(1)
  expect(owner.browser.cookies.some(({ value }) => value.includes('.2.'))).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect((await answer).status).toBe(200)
  expect(vi.getTimerCount()).toBe(0)
})

test('each way takes its time', async () => {
  vi.useFakeTimers()
  const server = fakeAuthServer({ latency: 100 })
  server.addUser(ADA)
  const login = page(server).login()
  await vi.advanceTimersByTimeAsync(299)
  expect(server.counts.calls.login).toBe(1)
  const settled = vi.fn()
  void login.then(settled)
  await vi.advanceTimersByTimeAsync(0)
  expect(settled).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(settled).toHaveBeenCalledOnce()
})

test('failures: one, or for a while, without an effect', async () => {
  const { server, owner, tokens } = await setUp()
  const me = () => owner.call('/api/auth/me', { access: tokens.access_token })
  server.failNext(503, 'me')
  const busy = await me()
  expect(busy.headers.get('retry-after')).toBe('1')
  expect(await said(busy)).toBe('503 unavailable')
  expect(await said(me())).toBe('200')
  server.failFor(10_000, { status: 429, retryAfter: 7 })
  const limited = await me()
  expect(limited.headers.get('retry-after')).toBe('7')
  expect(await said(limited)).toBe('429 too_many_requests')
  expect(await said(me())).toBe('429 too_many_requests')
  server.advance(10_000)
  expect(await said(me())).toBe('200')
  server.failNext(502)
  const proxy = await me()
  expect([proxy.status, proxy.headers.get('content-type')]).toEqual([502, 'text/html'])
})

test('offline: nothing arrives anywhere', async () => {
  const { server, owner, tokens } = await setUp()
  const me = () => owner.call('/api/auth/me', { access: tokens.access_token })
  for (const side of [server, owner.browser]) {
    side.offline(true)
    await expect(me()).rejects.toThrow('Failed to fetch')
    expect(server.calls.at(-1)?.status).toBe(null)
    side.offline(false)
    expect(await said(me())).toBe('200')
  }
})

test('an abort before the headers leaves the jar alone', async () => {
  vi.useFakeTimers()
  const { server, owner, tokens } = await setUp()
  const before = refreshCookie(owner)
  await vi.advanceTimersByTimeAsync(60_000)
  server.delayNext(1_000)
  const stop = new AbortController()
  const json = JSON.stringify({ refresh_token: tokens.refresh_token })
  const headers = { authorization: `Bearer ${tokens.access_token}`, 'content-type': 'application/json' }
  const answer = owner.browser.fetch(`${server.origin}/api/auth/refresh`, {
    method: 'POST', headers, body: json, signal: stop.signal,
  })
  const refused = expect(answer).rejects.toThrow('enough')
  await vi.advanceTimersByTimeAsync(500)
  stop.abort(new Error('enough'))
  await refused
  await vi.advanceTimersByTimeAsync(1_000)
  expect(server.counts.rotations).toBe(1)
  expect(refreshCookie(owner)).toBe(before)
})

test('a closed tab hears nothing; after the headers its jar has moved on', async () => {
  vi.useFakeTimers()
  for (const [moment, moved] of [[150, false], [250, true]] as const) {
    const server = fakeAuthServer({ latency: 100 })
    server.addUser(ADA)
    const browser = server.browser()
    const tab = browser.tab()
    const heard = vi.fn()
    const body = JSON.stringify(ADA)
    const headers = { 'content-type': 'application/json' }
    void tab.fetch(`${server.origin}/api/auth/login`, { method: 'POST', headers, body }).then(heard, heard)
    await vi.advanceTimersByTimeAsync(moment)
    tab.close()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(browser.cookies.length > 0).toBe(moved)
    expect(heard).not.toHaveBeenCalled()
  }
})

test('pages: tabs share a jar, browsers do not, scripts cannot write it', async () => {
  const { server, owner, tokens } = await setUp()
  const bearer = { authorization: `Bearer ${tokens.access_token}` }
  const me = `${server.origin}/api/auth/me`
  expect((await owner.browser.tab().fetch(me, { headers: bearer })).status).toBe(200)
  const cookie = owner.browser.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const thief = server.browser()
  expect((await thief.fetch(me, { headers: { ...bearer, cookie } })).status).toBe(401)
  thief.setCookies(owner.browser.cookies)
  expect((await thief.fetch(me, { headers: bearer })).status).toBe(200)
  expect((await owner.browser.fetch(me, { headers: bearer, credentials: 'omit' })).status).toBe(401)
})

test('blocked cookies: the login works and nothing stays', async () => {
  const { server } = await setUp()
  const blocked = page(server, server.browser({ cookies: 'blocked' }))
  const { access_token: access } = await blocked.login()
  expect(blocked.browser.cookies).toEqual([])
  expect(await said(blocked.call('/api/auth/me', { access }))).toBe('401 invalid_token')
})

test('origins: a listed sibling with credentials, an unlisted one never, another site never', async () => {
  const server = fakeAuthServer({ origin: 'https://api.example.com', allowedOrigins: ['https://ui.example.com'] })
  server.addUser(ADA)
  const login = (origin: string, credentials: RequestCredentials) => {
    const browser = server.browser({ origin })
    const headers = { 'content-type': 'application/json' }
    const answer = browser.fetch('https://api.example.com/api/auth/login', {
      method: 'POST', headers, credentials, body: JSON.stringify(ADA),
    })
    return answer.then(({ status }) => [status, browser.cookies.length], (error: Error) => error.message)
  }
  expect(await login('https://ui.example.com', 'include')).toEqual([200, 2])
  expect(await login('https://ui.example.com', 'same-origin')).toEqual([200, 0])
  expect(await login('https://other.example.com', 'include')).toBe('Failed to fetch')
  expect(await login('https://evil.test', 'include')).toBe('Failed to fetch')
  expect(server.counts.refusals).toEqual({ origin: 2 })
})

test('routes: guarded under /api/, open elsewhere and on other origins', async () => {
  const { server, owner, tokens } = await setUp()
  server.route('/api/orders/*', (request) => Response.json({ path: new URL(request.url).pathname }))
  server.route('/open', (_request, caller) => ({ caller }))
  server.route('/api/nothing', () => undefined)
  server.route('https://elsewhere.example/x', async (request) => ({ sent: await request.text() }))
  const access = tokens.access_token
  expect(await (await owner.call('/api/orders/7', { access })).json()).toEqual({ path: '/api/orders/7' })
  expect(await said(owner.call('/api/orders/7'))).toBe('401 invalid_token')
  expect((await owner.call('/api/nothing', { access })).status).toBe(204)
  expect(await (await owner.browser.fetch('/open')).json()).toEqual({ caller: null })
  const form = { method: 'POST', body: 'hello' }
  expect(await (await owner.browser.fetch('https://elsewhere.example/x', form)).json()).toEqual({ sent: 'hello' })
  await expect(owner.browser.fetch('https://nowhere.example/')).rejects.toThrow('Failed to fetch')
  expect(server.counts.calls).toMatchObject({ login: 1, route: 5, unknown: 1 })
  server.clearCalls()
  expect(server.counts.calls.route).toBe(0)
})

test('calls are written down without any token', async () => {
  const { server, owner, tokens } = await setUp()
  await owner.refresh(half((await (await owner.refresh(half(tokens))).json()) as Tokens))
  const written = JSON.stringify([server.calls, server.counts])
  const cookies = owner.browser.cookies.map(({ value }) => value)
  for (const secret of [tokens.access_token, tokens.refresh_token, ...cookies]) expect(written).not.toContain(secret)
  expect(server.calls.at(-1)).toEqual({
    operation: 'refresh', method: 'POST', url: `${server.origin}/api/auth/refresh`,
    bodyHalf: true, cookieHalf: true, status: 200, outcome: 'resend',
  })
})
