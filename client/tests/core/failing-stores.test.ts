// Storage that fails for once: this tab goes on, and what was missed is kept as soon as that works.

import { describe, expect, test, vi } from 'vitest'
import type { TokenRecord, TokenStore } from '../../src/index.js'
import { ADA, Browser, EVE, pass, setUp, signedIn, until, useVirtualTime, type Tab } from './browser.js'
import { WebStorage } from './web-storage.js'

useVirtualTime()

/** From now on, in this browser, the openings of the database with these numbers fail. */
function failing(browser: Browser, ...numbers: number[]) {
  const { indexedDB } = browser
  let count = 0
  browser.indexedDB = {
    open(name: string, version: number) {
      if (!numbers.includes(++count)) return indexedDB.open(name, version)
      const request = { onerror: () => {} }
      setTimeout(() => request.onerror())
      return request
    },
  } as unknown as IDBFactory
  browser.as(null, () => {})
}

const generation = ({ auth }: Tab) => {
  const state = auth.getState()
  return state.status === 'authenticated' ? state.generation : null
}

const signOuts = (all: readonly Tab[]) => all.flatMap(({ told }) => told.filter((event) => event.startsWith('signedOut')))

// A renewal looks, and then keeps.
test.each([[1], [2], [3], [1, 2], [2, 3, 4]])('opening the database fails, time %s: an hour, then a reload', async (...numbers) => {
  const { server, browser, tab } = await signedIn()
  const other = await browser.open()
  failing(browser, ...numbers)
  await pass(3_600_000)
  const all = [tab, other]
  expect((await Promise.all(all.map((one) => one.get('/api/orders')))).map(({ status }) => status)).toEqual([200, 200])
  tab.close()
  const next = await browser.open()
  expect((await next.get('/api/orders')).status).toBe(200)
  expect(signOuts([...all, next])).toEqual([])
  expect(server.counts).toMatchObject({ refusals: {}, reuses: 0 })
})

test('a page that finds the database out of order at first: signed in when somebody looks again', async () => {
  const { server, browser, tab } = await signedIn()
  tab.close()
  failing(browser, 1)
  const next = await browser.open()
  next.show(false)
  next.show(true)
  await pass(100)
  expect(next.email).toBe(ADA.email)
  expect((await next.get('/api/orders')).status).toBe(200)
  expect(server.counts.calls.refresh).toBe(0)
})

test('local storage that is full for a while: kept as soon as there is room', async () => {
  const localStorage = new WebStorage()
  vi.stubGlobal('localStorage', localStorage)
  const { server, browser, tab } = await signedIn({ store: 'local' })
  localStorage.full = true
  await pass(300_000)
  localStorage.full = false
  expect(generation(tab)).toBe(2)
  const access = await until(tab.auth.getAccessToken())
  server.clearCalls()
  tab.show(false)
  tab.show(true)
  await pass(100)
  expect((JSON.parse(localStorage.getItem('tandem')!) as TokenRecord).access).toBe(access)
  expect(server.calls).toEqual([])
  tab.close()
  await pass(1_800_000)
  const next = await browser.open({ store: 'local' })
  expect((await next.get('/api/orders')).status).toBe(200)
  expect(server.counts).toMatchObject({ refusals: {}, reuses: 0 })
})

describe('what another tab has kept meanwhile stays', () => {
  /** One record, and a door to it for each tab. */
  function doors() {
    const it = { record: null as TokenRecord | null }
    const door = (): TokenStore & { broken: boolean } => ({
      shared: true,
      broken: false,
      async update(decide = (stored) => stored) {
        if (this.broken) throw new Error('disk')
        return (it.record = decide(it.record))
      },
    })
    return { it, mine: door(), theirs: door() }
  }

  async function apart() {
    const { it, mine, theirs } = doors()
    const world = await signedIn({ store: mine })
    const other = await world.browser.open({ store: theirs })
    for (const tab of [world.tab, other]) tab.show(false)
    mine.broken = true
    await pass(230_000)
    await until(world.tab.auth.getAccessToken())
    expect([generation(world.tab), it.record?.generation]).toEqual([2, 1])
    return { ...world, other, it, mine }
  }

  test('a newer generation', async () => {
    const { server, tab, other, it, mine } = await apart()
    await until(other.auth.getAccessToken({ minValiditySeconds: 200 }))
    await pass(20_000)
    await until(other.auth.getAccessToken({ minValiditySeconds: 240 }))
    await pass(100)
    const { access } = it.record!
    mine.broken = false
    tab.show(true)
    await pass(1_000)
    expect(it.record!.access).toBe(access)
    expect(generation(tab)).toBe(it.record!.generation)
    expect((await tab.get('/api/orders')).status).toBe(200)
    expect(signOuts([tab, other])).toEqual([])
    expect(server.counts.reuses).toBe(0)
  })

  test('somebody else', async () => {
    const { tab, other, it, mine } = await apart()
    await until(other.auth.signIn(EVE))
    mine.broken = false
    tab.show(true)
    await pass(1_000)
    expect([it.record?.user.email, tab.email, other.email]).toEqual([EVE.email, EVE.email, EVE.email])
    expect((await tab.get('/api/orders')).status).toBe(200)
  })

  test('somebody else, who comes when the store has just begun to work again', async () => {
    const { tab, other, it, mine } = await apart()
    mine.broken = false
    await until(other.auth.signIn(EVE))
    await pass(1_000)
    expect([it.record?.user.email, tab.email, other.email]).toEqual([EVE.email, EVE.email, EVE.email])
    expect(tab.told).toContain('userChanged')
  })

  test('or is heard of where nothing can be kept: a sign-out, and somebody else', async () => {
    for (const leave of [({ auth }: Tab) => auth.signOut(), ({ auth }: Tab) => auth.signIn(EVE)]) {
      const { tab, other } = await apart()
      await until(leave(other) as Promise<unknown>)
      await pass(100)
      expect(tab.status).toBe('unauthenticated')
    }
  })

  test('a sign-out', async () => {
    const { tab, other, it, mine } = await apart()
    await until(other.auth.signOut())
    mine.broken = false
    tab.show(true)
    await pass(1_000)
    expect([it.record, tab.status, other.status]).toEqual([null, 'unauthenticated', 'unauthenticated'])
  })
})

describe('a store that fails for good', () => {
  const broken = () => {
    const it = { record: null as TokenRecord | null, broken: false, shared: false }
    const update: TokenStore['update'] = async (decide = (stored) => stored) => {
      if (it.broken) throw new Error('disk')
      return (it.record = decide(it.record))
    }
    return Object.assign(it, { update })
  }

  test('a sign-out tells the service all the same', async () => {
    const store = broken()
    const { server, browser, tab } = await signedIn({ store })
    store.broken = true
    expect(await until(tab.auth.signOut())).toBe(true)
    expect(tab.status).toBe('unauthenticated')
    expect(server.counts.calls.logout).toBe(1)
    expect(browser.network.cookies).toEqual([])
  })

  test('a page finds out who is signed in, and lets somebody in', async () => {
    const { browser } = setUp()
    const store = broken()
    store.broken = true
    const tab = await browser.open({ store })
    expect(tab.status).toBe('unauthenticated')
    await until(tab.auth.signIn(ADA))
    await pass(600_000)
    expect((await tab.get('/api/orders')).status).toBe(200)
  })
})
