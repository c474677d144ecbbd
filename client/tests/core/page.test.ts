// The life of a page: making a client, the back-forward cache, the end.

import { describe, expect, test, vi } from 'vitest'
import { ADA, Browser, EVE, failure, pass, setUp, signedIn, timers, until, useVirtualTime } from './browser.js'

useVirtualTime()

test('making a client does nothing: no request, no timer, no channel', () => {
  const { server, browser } = setUp()
  const tab = browser.tab()
  expect(tab.status).toBe('booting')
  expect([server.calls.length, timers(), browser.channels.open.size]).toEqual([0, 0, 0])
})

test('the state is the same object until something changes', async () => {
  const { tab } = await signedIn()
  const state = tab.auth.getState()
  await tab.get('/api/orders')
  tab.show(false)
  tab.show(true)
  await pass(60_000)
  expect(tab.auth.getState()).toBe(state)
})

test('subscribers are told of each change, until they leave', async () => {
  const { tab } = await signedIn()
  const seen: string[] = []
  const leave = tab.auth.subscribe(() => seen.push(tab.status))
  await until(tab.auth.signOut())
  leave()
  await until(tab.auth.signIn(ADA))
  expect(seen).toEqual(['unauthenticated'])
})

test('a listener that throws keeps nobody from anything', async () => {
  const errors = vi.spyOn(console, 'error').mockImplementation(() => {})
  const { tab } = await signedIn()
  tab.auth.on('signedOut', () => {
    throw new Error('mine')
  })
  const heard = vi.fn()
  tab.auth.on('signedOut', heard)
  expect(await until(tab.auth.signOut())).toBe(true)
  expect(heard).toHaveBeenCalledOnce()
  expect(errors).toHaveBeenCalledOnce()
})

test('a listener may call the client: nothing waits for itself', async () => {
  const { server, tab } = await signedIn()
  const answers: number[] = []
  tab.auth.on('renewed', () => void tab.auth.fetch('/api/orders').then(({ status }) => answers.push(status)))
  tab.auth.subscribe(() => void tab.auth.getAccessToken())
  tab.show(false)
  await pass(300_000)
  expect((await tab.get('/api/orders')).status).toBe(200)
  await pass(100)
  expect(answers).toEqual([200])
  expect(server.counts.calls.refresh).toBe(1)
})

test('ready tells what there is, and never rejects', async () => {
  const { browser, server } = setUp()
  expect(await until(browser.tab().watch().auth.ready())).toEqual({ status: 'unauthenticated', reason: null })
  server.offline(true)
  expect(await until(browser.tab({ mode: 'session' }).watch().auth.ready())).toMatchObject({ status: 'unreachable' })
})

describe('the back-forward cache', () => {
  test.each(['dual', 'session'] as const)('%s: nobody is shown until somebody has looked', async (mode) => {
    const { browser, tab } = await signedIn({ mode })
    tab.dispatch('pagehide', { persisted: true })
    expect(tab.status).toBe('booting')
    const other = await browser.open({ mode })
    await until(other.auth.signOut())
    tab.dispatch('pageshow', { persisted: true })
    expect(tab.status).not.toBe('authenticated')
    await pass(1_000)
    expect(tab.status).toBe('unauthenticated')
  })

  test.each(['dual', 'session'] as const)('%s: still the same: shown again', async (mode) => {
    const { tab } = await signedIn({ mode })
    tab.dispatch('pagehide', { persisted: true })
    await pass(10_000)
    tab.dispatch('pageshow', { persisted: true })
    await pass(1_000)
    expect(tab.email).toBe(ADA.email)
    expect((await tab.get('/api/orders')).status).toBe(200)
  })

  test('session: not even for a moment, before the service has said so', async () => {
    const { server, browser, tab } = await signedIn({ mode: 'session' }, { latency: 500 }, ['BroadcastChannel'])
    const other = await browser.open({ mode: 'session' })
    const seen: string[] = []
    tab.auth.subscribe(() => seen.push(tab.status))
    browser.as(tab, () => tab.dispatch('pagehide', { persisted: true }))
    await until(other.auth.signOut())
    server.clearCalls()
    tab.dispatch('pageshow', { persisted: true })
    await pass(400)
    expect([tab.status, server.counts.calls.token]).toEqual(['booting', 1])
    await pass(5_000)
    expect(seen).toEqual(['booting', 'unauthenticated'])
  })

  test.each(['dual', 'session'] as const)('%s: hidden while the service is away: tried again at once', async (mode) => {
    const { server, tab } = await signedIn({ mode })
    server.failFor(600_000, { status: 503, retryAfter: 3_600 })
    await pass(300_000)
    expect(tab.status).toBe('unreachable')
    tab.dispatch('pagehide', { persisted: true })
    server.clearCalls()
    tab.dispatch('pageshow', { persisted: true })
    await pass(10_000)
    expect(server.calls.length).toBeGreaterThan(0)
    expect(tab.status).toBe('unreachable')
    await pass(600_000)
    tab.dispatch('pagehide', { persisted: true })
    tab.dispatch('pageshow', { persisted: true })
    await pass(10_000)
    expect(tab.email).toBe(ADA.email)
  })

  test('somebody else by now: never the first one again', async () => {
    const { browser, tab } = await signedIn()
    const seen: (string | null)[] = []
    tab.auth.subscribe(() => seen.push(tab.email))
    tab.dispatch('pagehide', { persisted: true })
    await until((await browser.open()).auth.signIn(EVE))
    tab.dispatch('pageshow', { persisted: true })
    await pass(1_000)
    expect(seen).toEqual([null, EVE.email])
  })

  test('a page that is left for good hides nothing', async () => {
    const { tab } = await signedIn()
    tab.dispatch('pagehide', { persisted: false })
    expect(tab.status).toBe('authenticated')
  })
})

test('somebody looks at the page again: what other tabs did is seen, without a channel', async () => {
  const { browser, tab } = await signedIn({}, {}, ['BroadcastChannel'])
  tab.show(false)
  await until((await browser.open()).auth.signOut())
  tab.show(true)
  await pass(100)
  expect(tab.status).toBe('unauthenticated')
})

describe('dispose', () => {
  test('leaves no timer, no channel and no listener', async () => {
    const { server, browser } = setUp()
    const tab = browser.tab()
    const added = new Map<string, number>()
    count(tab, added)
    await tab.opened()
    await until(tab.auth.signIn(ADA))
    await pass(250_000)
    expect([...added.values()].reduce((a, b) => a + b)).toBeGreaterThan(0)
    tab.auth.dispose()
    tab.auth.dispose()
    expect(timers()).toBe(0)
    expect(browser.channels.open.size).toBe(0)
    server.clearCalls()
    // There would be something to do by now.
    await pass(3_600_000)
    tab.dispatch('pagehide', { persisted: true })
    expect(tab.status).toBe('authenticated')
    tab.show(true)
    tab.dispatch('online')
    tab.dispatch('pageshow', { persisted: true })
    await pass(3_600_000)
    expect(server.calls).toEqual([])
  })

  test('during a renewal: nobody hears of a failure, and the next page goes on', async () => {
    const { server, browser, tab } = await signedIn({}, { latency: 500 })
    tab.show(false)
    await pass(300_000)
    void tab.auth.getAccessToken().catch(() => {})
    await pass(700)
    tab.auth.dispose()
    await pass(10_000)
    expect(tab.told).not.toContainEqual(expect.stringMatching(/Failed|Out/))
    expect([tab.status, timers()]).toEqual(['authenticated', 0])
    expect((await (await browser.open()).get('/api/orders')).status).toBe(200)
    expect(server.counts).toMatchObject({ rotations: 1, reuses: 0 })
  })

  test('tokens stay where they are', async () => {
    const { browser, tab } = await signedIn()
    tab.auth.dispose()
    expect((await browser.open()).email).toBe(ADA.email)
  })
})

function count(target: EventTarget, added: Map<string, number>) {
  const add = target.addEventListener.bind(target)
  target.addEventListener = (type, listener, options) => {
    added.set(type, (added.get(type) ?? 0) + 1)
    add(type, listener, options)
  }
}

describe('cookies blocked', () => {
  test('the first refusal after a sign-in says so, once, and nothing loops', async () => {
    const { server } = setUp()
    const tab = await new Browser(server, server.browser({ cookies: 'blocked' })).open()
    expect((await until(tab.auth.signIn(ADA))).email).toBe(ADA.email)
    const answer = await failure(tab.auth.fetch('/api/orders').then(({ status }) => status))
    expect(['cookies_blocked', 'none: 401']).toContain(answer)
    expect([tab.status, tab.reason]).toEqual(['unauthenticated', 'cookies_blocked'])
    await pass(3_600_000)
    expect(server.calls.length).toBeLessThanOrEqual(4)
    expect(tab.told.filter((event) => event.startsWith('signedOut'))).toEqual(['signedOut cookies_blocked here'])
  })

  test('nobody calls: the first renewal finds it', async () => {
    const { server } = setUp()
    const tab = await new Browser(server, server.browser({ cookies: 'blocked' })).open()
    await until(tab.auth.signIn(ADA))
    await pass(3_600_000)
    expect(tab.reason).toBe('cookies_blocked')
    expect(server.calls.length).toBeLessThanOrEqual(4)
  })
})

describe('sibling hosts', () => {
  test('a page on a listed one works, with cookies', async () => {
    const page = 'https://ui.example.com'
    const { server } = setUp({ origin: 'https://api.example.com', allowedOrigins: [page] })
    const tab = await new Browser(server, server.browser({ origin: page }), [], page).open()
    await until(tab.auth.signIn(ADA))
    expect((await tab.get('/api/orders')).status).toBe(200)
    await pass(600_000)
    expect(tab.status).toBe('authenticated')
    expect(server.counts.refusals).toEqual({})
  })

  test('a page on one that is not listed hears what to do about it', async () => {
    const page = 'https://other.example.com'
    const { server } = setUp({ origin: 'https://api.example.com' })
    const tab = await new Browser(server, server.browser({ origin: page }), [], page).open()
    // The browser hides the answer from the page.
    expect(await failure(tab.auth.signIn(ADA))).toBe('network')
    expect(server.counts.refusals).toEqual({ origin: 1 })
  })
})
