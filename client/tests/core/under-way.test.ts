// Signing in and out while something else is under way, in this tab or in another: the last wish counts.

import { describe, expect, test } from 'vitest'
import {
  ADA, Browser, EVE, failure, pass, setUp, signedIn, until, useVirtualTime, type Tab,
} from './browser.js'

useVirtualTime()

const MODES = ['dual', 'session'] as const
const NEXT = 'a different long passphrase'
const order = ({ auth }: Tab) => auth.fetch('/api/orders').then(({ status }) => status)
const renewalOf = { dual: 'refresh', session: 'token' } as const

/** How many sessions the service knows, as she sees on her phone, that one not counted. */
async function sessionsOf(server: Browser['server'], password = ADA.password): Promise<number> {
  const phone = await new Browser(server).open()
  await until(phone.auth.signIn({ ...ADA, password }))
  const { sessions } = (await (await phone.get('/api/auth/sessions')).json()) as { sessions: unknown[] }
  return sessions.length - 1
}

/** Two tabs, and a renewal whose answer takes until just before the limit, with the lock held. */
async function lateRenewal(mode: (typeof MODES)[number]) {
  const world = await signedIn({ mode }, { latency: 10 })
  const other = await world.browser.open({ mode })
  for (const tab of [world.tab, other]) tab.show(false)
  await pass(30_000)
  world.server.clearCalls()
  world.server.delayNext(9_500, renewalOf[mode])
  void world.tab.auth.getAccessToken({ minValiditySeconds: 1_000 })
  await pass(200)
  expect(world.server.counts.calls[renewalOf[mode]]).toBe(1)
  return { ...world, other }
}

describe.each(MODES)('%s: while a renewal takes its time', (mode) => {
  test('a sign-in waits for it, and stays', async () => {
    const { server, tab, other } = await lateRenewal(mode)
    const entering = other.auth.signIn(EVE)
    await pass(9_000)
    expect(server.counts.calls).toMatchObject({ login: 0, passwordLogin: 0 })
    expect((await until(entering)).email).toBe(EVE.email)
    await pass(20_000)
    expect([await until(order(other)), await until(order(tab))]).toEqual([200, 200])
    expect([other.email, tab.email]).toEqual([EVE.email, EVE.email])
    expect(server.counts).toMatchObject({ refusals: {}, reuses: 0 })
  })

  test('so does a change of password', async () => {
    const { server, tab, other } = await lateRenewal(mode)
    const change = other.auth.changePassword({ currentPassword: ADA.password, newPassword: NEXT })
    await pass(9_000)
    expect(server.counts.calls.changePassword).toBe(0)
    await until(change)
    await pass(20_000)
    expect([await until(order(other)), await until(order(tab))]).toEqual([200, 200])
    expect(server.counts).toMatchObject({ refusals: {}, reuses: 0 })
  })
})

/** What begins in the first of two tabs. Resolves or rejects when that is over. */
const BEGUN = {
  'a change of password': async ({ auth }: Tab) =>
    auth.changePassword({ currentPassword: ADA.password, newPassword: NEXT }),
  'a sign-in': async ({ auth }: Tab) => auth.signIn(ADA),
  'a renewal': async ({ auth }: Tab) => auth.getAccessToken({ minValiditySeconds: 1_000 }),
} as const

const CASES = MODES.flatMap((mode) =>
  (Object.keys(BEGUN) as (keyof typeof BEGUN)[]).flatMap((what) =>
    (['the same tab', 'another tab'] as const).flatMap((where) =>
      // On the way there, at the service, and on the way back.
      [500, 1_500, 2_500].map((moment) => ({ mode, what, where, moment })))))

test.each(CASES)('$mode: $what, and a sign-out in $where $moment ms later', async ({ mode, what, where, moment }) => {
  const { server, browser, tab } = await signedIn({ mode }, { latency: 1_000 })
  const other = await browser.open({ mode })
  for (const one of [tab, other]) one.show(false)
  await pass(20_000)
  server.clearCalls()
  const begun = failure(BEGUN[what](tab))
  await pass(moment)
  const out = (where === 'another tab' ? other : tab).auth.signOut()
  expect(await until(out)).toBe(true)
  await begun
  await pass(60_000)
  expect([tab.status, other.status]).toEqual(['unauthenticated', 'unauthenticated'])
  // What a tab hears before it knows of its new session, it has to ask the service about.
  expect(['signed_out', 'session_ended']).toContain(tab.reason)
  expect(other.reason).toBe('signed_out')
  expect(browser.network.cookies).toEqual([])
  expect((await browser.open({ mode })).status).toBe('unauthenticated')
  expect(server.counts.calls[mode === 'dual' ? 'logout' : 'sessionLogout']).toBeGreaterThan(0)
  expect(server.counts.reuses).toBe(0)
  expect(await sessionsOf(server, what === 'a change of password' ? NEXT : ADA.password)).toBe(0)
})

describe.each(MODES)('%s: a sign-in after a sign-out stays', (mode) => {
  const logout = mode === 'dual' ? 'logout' : 'sessionLogout'

  test.each([0, 100, 290, 500])('that the service has not heard of at first, %i ms later', async (moment) => {
    const { server, browser, tab } = await signedIn({ mode }, { latency: 100 })
    server.failNext(503, logout)
    const out = tab.auth.signOut()
    await pass(210 + moment)
    await until(tab.auth.signIn(EVE))
    await until(out)
    await pass(30_000)
    expect([tab.status, tab.email, await until(order(tab))]).toEqual(['authenticated', EVE.email, 200])
    expect((await browser.open({ mode })).email).toBe(EVE.email)
  })

  test('that nobody has waited for', async () => {
    const { browser, tab } = await signedIn({ mode }, { latency: 100 })
    void tab.auth.signOut()
    await until(tab.auth.signIn(EVE))
    await pass(30_000)
    expect([tab.status, tab.email, await until(order(tab))]).toEqual(['authenticated', EVE.email, 200])
    expect((await browser.open({ mode })).email).toBe(EVE.email)
  })
})

describe.each(MODES)('%s: a sign-out as the first thing that a page does', (mode) => {
  test('reaches the service and the other tabs', async () => {
    const { server, browser, tab } = await signedIn({ mode })
    const page = browser.tab({ mode })
    expect(await until(page.auth.signOut())).toBe(true)
    await pass(1_000)
    expect([page.status, tab.status]).toEqual(['unauthenticated', 'unauthenticated'])
    expect(browser.network.cookies).toEqual([])
    expect(await sessionsOf(server)).toBe(0)
  })

  test('and nobody was there', async () => {
    const { browser } = setUp()
    const page = browser.tab({ mode })
    browser.as(page, () => {})
    expect(await until(page.auth.signOut())).toBe(true)
    expect([page.status, page.told]).toEqual(['unauthenticated', []])
  })
})
