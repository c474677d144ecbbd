// Where the body half lives: what is shared, what survives, and that nothing newer ever gives way.

import * as fc from 'fast-check'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { TokenRecord, TokenStore } from '../../src/index.js'
import { ADA, EVE, failure, pass, signedIn, until, useVirtualTime } from './browser.js'
import { WebStorage } from './web-storage.js'

let storages: { localStorage: WebStorage; sessionStorage: WebStorage }

useVirtualTime()
beforeEach(() => {
  storages = { localStorage: new WebStorage(), sessionStorage: new WebStorage() }
  for (const [name, storage] of Object.entries(storages)) vi.stubGlobal(name, storage)
})

/** A store as an app would write it, in the memory that its tabs share. */
function ownStore(): TokenStore & { record: TokenRecord | null; writes: (TokenRecord | null)[] } {
  return {
    shared: true,
    record: null,
    writes: [],
    async update(decide = (stored) => stored) {
      const next = decide(this.record)
      if (next !== this.record) this.writes.push((this.record = next))
      return next
    },
  }
}

describe.each(['shared', 'local', 'own'] as const)('%s', (kind) => {
  const make = async (...rest: [Parameters<typeof signedIn>[1]?]) => {
    const store = kind === 'own' ? ownStore() : kind
    return { store, ...(await signedIn({ store }, ...rest)) }
  }

  test('a new tab and a reload are signed in, and tabs renew together', async () => {
    const { server, browser, tab, store } = await make()
    const other = await browser.open({ store })
    tab.close()
    const again = await browser.open({ store })
    expect([other.email, again.email]).toEqual([ADA.email, ADA.email])
    expect(server.calls).toEqual([])
    await pass(3_600_000)
    expect(server.counts.rotations).toBe(server.counts.calls.refresh)
    expect([other.status, again.status]).toEqual(['authenticated', 'authenticated'])
  })

  test('signed out and somebody else in another tab', async () => {
    const { browser, tab, store } = await make()
    const other = await browser.open({ store })
    await until(tab.auth.signIn(EVE))
    await pass(100)
    expect(other.email).toBe(EVE.email)
    await until(other.auth.signOut())
    await pass(100)
    expect(tab.reason).toBe('signed_out')
  })
})

test('tab: survives a reload of this tab', async () => {
  const { server, browser, tab } = await signedIn({ store: 'tab' })
  tab.close()
  const again = await browser.open({ store: 'tab' })
  expect(again.email).toBe(ADA.email)
  expect(storages.localStorage.length).toBe(0)
  expect(server.calls).toEqual([])
})

test('memory: gone with the page, and written nowhere', async () => {
  const { browser, tab } = await signedIn({ store: 'memory' })
  expect((await tab.get('/api/orders')).status).toBe(200)
  tab.close()
  expect((await browser.open({ store: 'memory' })).status).toBe('unauthenticated')
  expect(storages.localStorage.length + storages.sessionStorage.length).toBe(0)
  expect(await databases(browser)).toEqual([])
})

const databases = async ({ indexedDB }: { indexedDB: IDBFactory }) =>
  (await until(indexedDB.databases())).map(({ name }) => name)

test.each(['memory', 'tab'] as const)('%s: a sign-in in another tab replaces this one', async (store) => {
  const { browser, tab } = await signedIn({ store })
  vi.stubGlobal('sessionStorage', new WebStorage())
  const other = await browser.open({ store })
  await until(other.auth.signIn(EVE))
  await pass(100)
  expect([tab.status, tab.reason]).toEqual(['unauthenticated', 'replaced'])
  expect((await other.get('/api/orders')).status).toBe(200)
})

test('tab: the refused old copy of a duplicated tab ends that tab, and no other', async () => {
  const { browser, tab, server } = await signedIn({ store: 'tab' })
  const copy = new WebStorage()
  copy.setItem('tandem', storages.sessionStorage.getItem('tandem')!)
  // Two generations on, what is in the copy goes with no cookie any more.
  await pass(1_200_000)
  server.clearCalls()
  const mine = storages.sessionStorage
  vi.stubGlobal('sessionStorage', copy)
  const old = await browser.open({ store: 'tab' })
  expect([old.status, old.reason]).toEqual(['unauthenticated', 'session_ended'])
  vi.stubGlobal('sessionStorage', mine)
  await pass(1_000)
  expect(tab.told.filter((event) => event.startsWith('signedOut'))).toEqual([])
  expect((await tab.get('/api/orders')).status).toBe(200)
})

test('shared writes one record to IndexedDB and nothing to web storage', async () => {
  const { browser } = await signedIn()
  expect(await databases(browser)).toEqual(['tandem'])
  expect(storages.localStorage.length + storages.sessionStorage.length).toBe(0)
})

describe('what lies in the storage may have been written by anybody', () => {
  test.each(['', '{', 'null', '7', '[]', '{"version":1}', '{"version":2,"accessToken":"x"}'])('%s', async (text) => {
    const { browser, tab } = await signedIn({ store: 'local' })
    tab.close()
    storages.localStorage.setItem('tandem', text)
    const next = await browser.open({ store: 'local' })
    expect(next.status).toBe('unauthenticated')
    await until(next.auth.signIn(ADA))
    expect((await next.get('/api/orders')).status).toBe(200)
  })
})

describe('storage that does not work: this tab goes on with what it has', () => {
  test('no IndexedDB', async () => {
    const { tab } = await signedIn({}, {}, ['indexedDB'])
    expect((await tab.get('/api/orders')).status).toBe(200)
    await pass(600_000)
    expect(tab.status).toBe('authenticated')
    await until(tab.auth.signOut())
    expect(tab.status).toBe('unauthenticated')
  })

  test('IndexedDB that refuses to open', async () => {
    const refuse = () => {
      throw new DOMException('not here', 'SecurityError')
    }
    const { browser, tab } = await signedIn()
    tab.close()
    browser.indexedDB = { open: refuse } as unknown as IDBFactory
    browser.as(null, () => {})
    const next = await browser.open()
    expect(next.status).toBe('unauthenticated')
    await until(next.auth.signIn(ADA))
    expect((await next.get('/api/orders')).status).toBe(200)
  })

  test('web storage that is full or forbidden', async () => {
    storages.localStorage.full = true
    const { tab } = await signedIn({ store: 'local' })
    expect((await tab.get('/api/orders')).status).toBe(200)
    await pass(600_000)
    expect(tab.status).toBe('authenticated')
  })
})

test('the database deleted under an open page: the next sign-in is kept again', async () => {
  const { browser, tab } = await signedIn()
  await until(new Promise((done) => (browser.indexedDB.deleteDatabase('tandem').onsuccess = done)))
  await until(tab.auth.signIn(ADA))
  expect((await browser.open()).email).toBe(ADA.email)
})

describe('compare and put', () => {
  test('whatever the order of the answers, the record never goes back', async () => {
    const step = fc.record({ wait: fc.integer({ min: 0, max: 9_000 }), late: fc.integer({ min: 0, max: 9_500 }) })
    const answers = fc.array(step, { minLength: 4, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(answers, fc.boolean(), async (steps, locked) => {
        const store = ownStore()
        const { server, browser, tab } = await signedIn(
          { store }, { accessTtl: 40, reuseInterval: 20 }, locked ? [] : ['locks', 'BroadcastChannel'],
        )
        const all = [tab, await browser.open({ store }), await browser.open({ store })]
        for (const one of all) one.show(false)
        for (const [at, { wait, late }] of steps.entries()) {
          await pass(wait)
          server.delayNext(late, 'refresh')
          void all[at % all.length]!.auth.getAccessToken({ minValiditySeconds: 39 }).catch(() => {})
        }
        await pass(60_000)
        const generations = store.writes.map((record) => record?.generation ?? 0)
        expect(generations).toEqual([...generations].sort((a, b) => a - b))
        expect(generations).not.toContain(0)
        expect(all.flatMap(({ told }) => told.filter((event) => event.startsWith('signedOut')))).toEqual([])
        for (const one of all) one.close()
        vi.clearAllTimers()
      }),
      { numRuns: 60 },
    )
  }, 120_000)

  test('an answer that is two generations late puts nothing back', async () => {
    const store = ownStore()
    const alone = ['locks', 'BroadcastChannel']
    const { server, browser, tab } = await signedIn({ store }, { accessTtl: 8, reuseInterval: 1 }, alone)
    const other = await browser.open({ store })
    for (const one of [tab, other]) one.show(false)
    await pass(8_100)
    server.delayNext(9_000, 'refresh')
    const late = tab.auth.getAccessToken().catch(() => 'too late')
    await pass(500)
    await until(other.auth.getAccessToken())
    await pass(8_100)
    await until(other.auth.getAccessToken())
    const newest = store.record!.generation
    expect(newest).toBeGreaterThanOrEqual(3)
    await until(late)
    expect(store.record!.generation).toBe(newest)
    expect(other.status).toBe('authenticated')
  })

  test('an answer after a sign-out puts nothing back', async () => {
    const store = ownStore()
    const { server, tab } = await signedIn({ store })
    tab.show(false)
    await pass(300_000)
    server.delayNext(5_000, 'refresh')
    const late = failure(tab.auth.getAccessToken())
    await pass(1_000)
    await until(tab.auth.signOut())
    await late
    await pass(10_000)
    expect(store.record).toBe(null)
    expect(store.writes.map((record) => record?.generation ?? null)).toEqual([1, null])
  })
})
