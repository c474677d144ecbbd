// The session flow: nothing is kept, a token is minted when it is needed.

import { describe, expect, test } from 'vitest'
import { ADA, Browser, EVE, failure, pass, setUp, signedIn, until, useVirtualTime } from './browser.js'

useVirtualTime()

const SESSION = { mode: 'session' } as const

test('sign in, call, sign out; nothing is written anywhere', async () => {
  const { server, browser } = setUp()
  const tab = await browser.open(SESSION)
  expect([tab.status, tab.reason]).toEqual(['unauthenticated', null])
  expect((await until(tab.auth.signIn(ADA))).email).toBe(ADA.email)
  expect(tab.auth.getState()).toMatchObject({ status: 'authenticated', generation: null, user: { email: ADA.email } })
  expect(await (await tab.get('/api/orders')).json()).toEqual({ of: ADA.email })
  expect(await until(tab.auth.signOut())).toBe(true)
  expect(browser.network.cookies).toEqual([])
  expect(await until(browser.indexedDB.databases())).toEqual([])
  expect(server.counts.calls).toMatchObject({ passwordLogin: 1, sessionLogout: 1, refresh: 0 })
})

describe('boot', () => {
  test('with a session: one exchange, who it is, then signed in', async () => {
    const { server, browser, tab } = await signedIn(SESSION)
    tab.close()
    const next = browser.tab(SESSION).watch()
    expect(next.status).toBe('booting')
    await until(next.auth.ready())
    expect(next.email).toBe(ADA.email)
    expect(server.counts.calls).toMatchObject({ token: 1, me: 1, route: 0 })
  })

  test('without one: unauthenticated, with one call', async () => {
    const { server, browser } = setUp()
    const tab = await browser.open(SESSION)
    expect([tab.status, tab.reason, server.counts.calls.token]).toEqual(['unauthenticated', null, 1])
    expect(await failure(tab.auth.fetch('/api/orders'))).toBe('signed_out')
    expect(tab.told).toEqual([])
  })

  test('with the service away: unreachable, then by itself', async () => {
    const { server, browser, tab } = await signedIn(SESSION)
    tab.close()
    server.failFor(20_000)
    const next = await browser.open(SESSION)
    expect(next.auth.getState()).toMatchObject({ status: 'unreachable', user: null, error: { code: 'unavailable' } })
    expect(server.counts.calls.token).toBeLessThanOrEqual(4)
    await pass(60_000)
    expect(next.email).toBe(ADA.email)
  })

  test('`retry` asks at once', async () => {
    const { server, browser, tab } = await signedIn(SESSION)
    tab.close()
    server.failFor(6_000)
    const next = await browser.open(SESSION)
    expect(next.status).toBe('unreachable')
    await pass(2_000)
    expect(await until(next.auth.retry())).toMatchObject({ status: 'authenticated' })
  })

  test.each([500, 502, 503])('%i is no sign-out', async (status) => {
    const { server, browser, tab } = await signedIn(SESSION)
    tab.close()
    server.failFor(20_000, { status })
    expect((await browser.open(SESSION)).status).toBe('unreachable')
  })
})

describe('who it is', () => {
  test('changed roles come with the next exchange, and nobody asks again who it is', async () => {
    const { server, tab } = await signedIn(SESSION)
    server.setRoles(ADA.email, ['admin'])
    await pass(90_000)
    expect(tab.auth.getState()).toMatchObject({ status: 'authenticated', user: { email: ADA.email, roles: ['admin'] } })
    expect(server.counts.calls.me).toBe(0)
  })

  test('cannot be told, since somebody else signs in at that moment: nobody is signed out by it', async () => {
    const { browser, tab } = await signedIn(SESSION)
    tab.close()
    let mixed = true
    const headers = { 'content-type': 'application/problem+json' }
    const refused = () => new Response(JSON.stringify({ code: 'invalid_token' }), { status: 401, headers })
    const between: typeof fetch = async (input, init) =>
      mixed && (input as Request).url.endsWith('/me') ? refused() : browser.network.fetch(input, init)
    const next = await browser.open({ ...SESSION, fetch: between })
    expect(next.status).toBe('unreachable')
    mixed = false
    await pass(60_000)
    expect(next.email).toBe(ADA.email)
    expect(next.told).not.toContainEqual(expect.stringMatching(/signedOut/))
  })

  test('is not known while the service is away, whoever looks at the page', async () => {
    const { server, browser, tab } = await signedIn(SESSION)
    tab.close()
    server.failFor(60_000)
    const next = await browser.open(SESSION)
    next.show(false)
    next.show(true)
    await pass(1_000)
    expect(next.status).toBe('unreachable')
    await pass(120_000)
    expect(next.email).toBe(ADA.email)
  })
})

describe('minting', () => {
  test('ahead of expiry while somebody looks, not otherwise', async () => {
    const { server, tab } = await signedIn(SESSION)
    await pass(600_000)
    expect(server.counts.calls.token).toBeGreaterThanOrEqual(9)
    expect(server.counts.calls.token).toBeLessThanOrEqual(15)
    expect(server.counts.calls.me).toBe(0)
    tab.show(false)
    server.clearCalls()
    await pass(600_000)
    expect(server.calls).toEqual([])
  })

  test('twenty calls after a pause: one exchange', async () => {
    const { server, tab } = await signedIn(SESSION, { latency: 30 })
    tab.show(false)
    await pass(600_000)
    const answers = await until(Promise.all(Array.from({ length: 20 }, () => tab.auth.fetch('/api/orders'))))
    expect(answers.every(({ ok }) => ok)).toBe(true)
    expect(server.counts.calls).toMatchObject({ token: 1, route: 20 })
  })

  test('access_expired: one exchange, one repetition', async () => {
    const { server, tab } = await signedIn(SESSION)
    server.advance(90_000)
    expect((await tab.get('/api/orders')).status).toBe(200)
    expect(server.counts.calls).toMatchObject({ token: 1, route: 2 })
  })

  test('invalid_grant: signed out, once', async () => {
    const { server, tab } = await signedIn(SESSION)
    await tab.get('/api/orders')
    server.endSessions(ADA.email)
    tab.show(false)
    await pass(90_000)
    server.clearCalls()
    expect(await failure(tab.auth.fetch('/api/orders'))).toBe('signed_out')
    expect([tab.status, tab.reason]).toEqual(['unauthenticated', 'session_ended'])
    expect(server.counts.calls).toMatchObject({ token: 1, route: 0 })
    expect(tab.told.filter((event) => event.startsWith('signedOut'))).toHaveLength(1)
  })

  test('invalid_grant soon after the sign-in: not for want of cookies, they have been exchanged', async () => {
    const { server, tab } = await signedIn(SESSION)
    server.endSessions(ADA.email)
    await pass(90_000)
    expect(tab.reason).toBe('session_ended')
  })

  test('an outage keeps the session', async () => {
    const { server, tab } = await signedIn(SESSION)
    server.failFor(120_000)
    await pass(100_000)
    expect(tab.auth.getState()).toMatchObject({ status: 'unreachable', user: { email: ADA.email } })
    expect(server.counts.calls.token).toBeLessThanOrEqual(12)
    await pass(60_000)
    expect(tab.status).toBe('authenticated')
  })
})

test('blocked cookies: the sign-in says so', async () => {
  const { server } = setUp()
  const blocked = new Browser(server, server.browser({ cookies: 'blocked' }))
  const tab = await blocked.open(SESSION)
  expect(await failure(tab.auth.signIn(ADA))).toBe('cookies_blocked')
  expect(tab.status).toBe('unauthenticated')
  expect(server.calls.length).toBeLessThanOrEqual(3)
})

describe('tabs', () => {
  test('a sign-out in one is heard in the other', async () => {
    const { browser, tab } = await signedIn(SESSION)
    const other = await browser.open(SESSION)
    await until(tab.auth.signOut())
    await pass(100)
    expect([other.status, other.reason]).toEqual(['unauthenticated', 'signed_out'])
  })

  test('somebody else signs in in the other', async () => {
    const { browser, tab } = await signedIn(SESSION)
    const other = await browser.open(SESSION)
    await until(other.auth.signIn(EVE))
    await pass(1_000)
    expect(tab.email).toBe(EVE.email)
    expect(tab.told).toContain('userChanged')
    expect(await (await tab.get('/api/orders')).json()).toEqual({ of: EVE.email })
  })

  test('without a channel, the token of the other person is never used for what this page shows', async () => {
    const { browser, tab } = await signedIn(SESSION, {}, ['BroadcastChannel'])
    const other = await browser.open(SESSION)
    await until(other.auth.signIn(EVE))
    await tab.get('/api/orders')
    expect(tab.email).toBe(EVE.email)
  })
})

test('a change of password keeps the page signed in', async () => {
  const { tab } = await signedIn(SESSION)
  const newPassword = 'a different long passphrase'
  await until(tab.auth.changePassword({ currentPassword: ADA.password, newPassword }))
  await pass(120_000)
  expect((await tab.get('/api/orders')).status).toBe(200)
})

test('a sign-out while an exchange is under way stays one', async () => {
  const { browser, tab } = await signedIn(SESSION, { latency: 1_000 })
  tab.show(false)
  await pass(90_000)
  const call = failure(tab.auth.fetch('/api/orders'))
  await pass(1_500)
  await until(tab.auth.signOut())
  await call
  await pass(30_000)
  expect(tab.status).toBe('unauthenticated')
  expect((await browser.open(SESSION)).status).toBe('unauthenticated')
})

test('the same where the service cannot be told', async () => {
  const { server, tab } = await signedIn(SESSION, { latency: 1_000 })
  tab.show(false)
  await pass(90_000)
  const call = failure(tab.auth.fetch('/api/orders'))
  await pass(1_500)
  server.failFor(20_000, { operation: 'sessionLogout' })
  expect(await until(tab.auth.signOut())).toBe(false)
  await call
  await pass(10_000)
  expect([tab.status, tab.reason]).toEqual(['unauthenticated', 'signed_out'])
})
