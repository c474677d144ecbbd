// Several tabs of one browser: one jar, one record, and nobody who waits for anybody for long.

import { describe, expect, test } from 'vitest'
import { ADA, Browser, EVE, failure, pass, setUp, signedIn, until, useVirtualTime, type Tab } from './browser.js'

useVirtualTime()

async function tabs(count: number, ...args: Parameters<typeof signedIn>) {
  const world = await signedIn(...args)
  const all = [world.tab]
  while (all.length < count) all.push(await world.browser.open(args[0]))
  world.server.clearCalls()
  return { ...world, all }
}

const everyStatus = (all: readonly Tab[]) => all.map(({ status }) => status)
const order = ({ auth }: Tab) => auth.fetch('/api/orders').then(({ status }) => status)
const orders = (all: readonly Tab[]) => until(Promise.all(all.map(order)))

test.each([2, 5])('%i tabs expire together: one refresh, the others take it over', async (count) => {
  const { server, all } = await tabs(count, {}, { latency: 50 })
  for (const tab of all) tab.show(false)
  await pass(300_000)
  expect(await orders(all)).toEqual(Array(count).fill(200))
  await pass(1_000)
  expect(server.counts.calls.refresh).toBe(1)
  const told = all.flatMap(({ told }) => told.filter((event) => event.startsWith('renewed')))
  expect(told.sort()).toEqual([...Array<string>(count - 1).fill('renewed adopted'), 'renewed asked'])
})

test('visible tabs for an hour: one refresh in each lifetime for all of them', async () => {
  const { server, all } = await tabs(5)
  await pass(3_600_000)
  expect(server.counts.rotations).toBeGreaterThanOrEqual(15)
  expect(server.counts.calls.refresh).toBe(server.counts.rotations)
  expect(everyStatus(all)).toEqual(Array(5).fill('authenticated'))
})

test('a new tab is signed in', async () => {
  const { server, browser } = await signedIn()
  const next = await browser.open()
  expect(next.email).toBe(ADA.email)
  expect(server.calls).toEqual([])
})

describe('the lock', () => {
  test('is held by a frozen tab: five seconds, then on without it', async () => {
    const { server, browser, all } = await tabs(2)
    for (const tab of all) tab.show(false)
    await pass(300_000)
    const thaw = new Promise(() => {})
    void browser.locks.request('tandem', {}, () => thaw)
    const answers = Promise.all(all.map((tab) => tab.auth.fetch('/api/orders')))
    await pass(4_900)
    expect(server.calls).toEqual([])
    await pass(200)
    expect(server.counts.calls.refresh).toBeGreaterThan(0)
    expect((await until(answers)).every(({ ok }) => ok)).toBe(true)
    expect(server.counts).toMatchObject({ rotations: 1, reuses: 0, refusals: {} })
    expect(browser.locks.isHeld('tandem')).toBe(true)
  })

  test('goes with the tab that held it', async () => {
    const { server, all, tab } = await tabs(2, {}, { latency: 2_000 })
    for (const tab of all) tab.show(false)
    await pass(300_000)
    void tab.auth.fetch('/api/orders')
    await pass(500)
    tab.close()
    const begun = Date.now()
    expect((await all[1]!.get('/api/orders')).status).toBe(200)
    // Both legs of its own refresh and call, and no waiting for the lock.
    expect(Date.now() - begun).toBeLessThan(14_000)
    expect(server.counts).toMatchObject({ rotations: 1, reuses: 0, refusals: {} })
  })

  test('is not waited for when an answer is: the pause between attempts is nobody else\'s', async () => {
    const { server, browser, all } = await tabs(2)
    for (const tab of all) tab.show(false)
    await pass(300_000)
    server.failFor(1_000, { operation: 'refresh' })
    const calls = orders(all)
    await pass(200)
    expect(browser.locks.isHeld('tandem')).toBe(false)
    expect(await calls).toEqual([200, 200])
  })
})

describe.each([
  ['no locks', ['locks']],
  ['no BroadcastChannel', ['BroadcastChannel']],
  ['neither', ['locks', 'BroadcastChannel']],
  ['no navigator', ['navigator']],
])('%s', (_name, missing) => {
  test('five tabs go on for an hour', async () => {
    const { server, all } = await tabs(5, {}, { latency: 40 }, missing)
    for (let minute = 0; minute < 60; minute++) {
      await pass(60_000)
      expect(await orders(all)).toEqual(Array(5).fill(200))
    }
    expect(server.counts).toMatchObject({ reuses: 0 })
    expect(server.counts.rotations).toBeLessThanOrEqual(18)
    expect(all.flatMap(({ told }) => told.filter((event) => event.startsWith('signedOut')))).toEqual([])
  })

  test('a sign-out is noticed by the others, at the latest with their next call', async () => {
    const { all } = await tabs(3, {}, {}, missing)
    await until(all[0]!.auth.signOut())
    await pass(100)
    for (const tab of all) expect(await failure(order(tab))).toMatch(/signed_out|401/)
    expect(everyStatus(all)).toEqual(Array(3).fill('unauthenticated'))
  })
})

describe('sign-out', () => {
  test('in one tab is one in all, at once, and told once in each', async () => {
    const { server, browser, all } = await tabs(3)
    expect(await until(all[0]!.auth.signOut())).toBe(true)
    await pass(50)
    expect(all.map(({ reason }) => reason)).toEqual(Array(3).fill('signed_out'))
    expect(all.map(({ told }) => told)).toEqual([
      ['signedOut signed_out here'], ['signedOut signed_out other-tab'], ['signedOut signed_out other-tab'],
    ])
    expect(browser.network.cookies).toEqual([])
    server.clearCalls()
    for (const tab of all) expect(await failure(tab.auth.fetch('/api/orders'))).toBe('signed_out')
    await pass(3_600_000)
    expect(server.calls).toEqual([])
  })

  test.each([['before', 100], ['after', 1_100]])(
    'while a refresh is under way, %s the service has acted: signed out stays signed out',
    async (_name, moment) => {
      const { server, browser, all } = await tabs(2, {}, { latency: 1_000 })
      for (const tab of all) tab.show(false)
      await pass(300_000)
      const call = failure(order(all[0]!))
      await pass(moment)
      await until(all[1]!.auth.signOut())
      expect(await call).toMatch(/signed_out|401/)
      await pass(60_000)
      expect(everyStatus(all)).toEqual(['unauthenticated', 'unauthenticated'])
      const next = await browser.open()
      expect(next.status).toBe('unauthenticated')
      for (const tab of [...all, next]) expect(await failure(tab.auth.fetch('/api/orders'))).toBe('signed_out')
      expect(server.counts.reuses).toBe(0)
    },
  )

  test('in the very tab that refreshes', async () => {
    const { browser, tab } = await signedIn({}, { latency: 1_000 })
    tab.show(false)
    await pass(300_000)
    const call = failure(tab.auth.fetch('/api/orders'))
    await pass(1_500)
    const out = tab.auth.signOut()
    await pass(100)
    expect(tab.status).toBe('unauthenticated')
    await call
    await until(out)
    await pass(60_000)
    expect(tab.status).toBe('unauthenticated')
    expect((await browser.open()).status).toBe('unauthenticated')
  })

  test('without a network: at once here, and `false`', async () => {
    const { server, browser, all } = await tabs(2)
    browser.network.offline(true)
    const out = all[0]!.auth.signOut()
    await pass(100)
    expect(everyStatus(all)).toEqual(['unauthenticated', 'unauthenticated'])
    expect(await until(out)).toBe(false)
    browser.network.offline(false)
    await pass(3_600_000)
    expect(everyStatus(all)).toEqual(['unauthenticated', 'unauthenticated'])
    expect(server.counts.rotations).toBe(0)
  })

  test('a short outage is waited out', async () => {
    const { server, browser, tab } = await signedIn()
    server.failFor(800, { operation: 'logout' })
    expect(await until(tab.auth.signOut())).toBe(true)
    expect(browser.network.cookies).toEqual([])
  })

  test('everywhere ends the other devices', async () => {
    const { server, tab } = await signedIn()
    const phone = await new Browser(server).open()
    await until(phone.auth.signIn(ADA))
    expect(await until(tab.auth.signOut({ everywhere: true }))).toBe(true)
    expect(tab.status).toBe('unauthenticated')
    expect((await phone.get('/api/orders')).status).toBe(401)
    expect(phone.status).toBe('unauthenticated')
  })

  test('everywhere, with an expired token: renewed for it', async () => {
    const { server, tab } = await signedIn()
    tab.show(false)
    await pass(300_000)
    expect(await until(tab.auth.signOut({ everywhere: true }))).toBe(true)
    expect(server.counts.calls.logoutAll).toBe(1)
  })
})

describe('another sign-in', () => {
  test('of somebody else in another tab: userChanged, and no mixed pair is ever sent', async () => {
    const { server, all } = await tabs(3)
    await until(all[0]!.auth.signIn(EVE))
    await pass(100)
    expect(all.map(({ email }) => email)).toEqual(Array(3).fill(EVE.email))
    for (const tab of all) expect(tab.told.filter((event) => event.startsWith('userChanged'))).toHaveLength(1)
    const [, changed] = all[1]!.events.find(([event]) => event === 'userChanged')!
    expect(changed).toMatchObject({ from: { email: ADA.email }, to: { email: EVE.email } })
    expect(await orders(all)).toEqual([200, 200, 200])
    expect(server.counts.refusals).toEqual({})
  })

  test('the session that this browser had ends', async () => {
    const { server, tab } = await signedIn()
    await until(tab.auth.signIn(ADA))
    const { sessions } = (await (await tab.get('/api/auth/sessions')).json()) as { sessions: unknown[] }
    expect(sessions).toHaveLength(1)
    expect(server.counts.calls).toMatchObject({ login: 1 })
  })

  test.each([100, 1_100, 2_100])('while a refresh is under way for %i ms: the new one stays', async (moment) => {
    const { server, all } = await tabs(2, {}, { latency: 1_000 })
    for (const tab of all) tab.show(false)
    await pass(300_000)
    const call = failure(all[0]!.auth.fetch('/api/orders'))
    await pass(moment)
    const login = until(all[1]!.auth.signIn(EVE))
    await login
    await call
    await pass(60_000)
    expect(all.map(({ email }) => email)).toEqual([EVE.email, EVE.email])
    expect(await orders(all)).toEqual([200, 200])
    expect(server.counts.reuses).toBe(0)
  })

  test('a refresh that the sign-in has overtaken is refused, and ends nothing', async () => {
    const { server, browser, tab } = await signedIn({}, {}, ['locks'])
    let send = () => {}
    const sent = new Promise<void>((done) => (send = done))
    const slow = await browser.open({
      fetch: async (input, init) => {
        if ((input as Request).url.endsWith('/refresh')) await sent
        return browser.network.fetch(input, init)
      },
    })
    slow.show(false)
    await pass(300_000)
    const call = failure(slow.auth.fetch('/api/orders'))
    await pass(100)
    await until(tab.auth.signIn(EVE))
    send()
    expect(await call).toBe('user_changed')
    expect(server.counts.refusals).toEqual({ mismatch: 1 })
    expect([slow.email, tab.email]).toEqual([EVE.email, EVE.email])
    expect(await orders([slow, tab])).toEqual([200, 200])
  })

  test('a sign-in in a tab where nobody was: all tabs follow', async () => {
    const { browser } = setUp()
    const all = [await browser.open(), await browser.open()]
    expect(everyStatus(all)).toEqual(['unauthenticated', 'unauthenticated'])
    await until(all[0]!.auth.signIn(ADA))
    await pass(100)
    expect(all.map(({ told }) => told)).toEqual([['signedIn here'], ['signedIn other-tab']])
  })

  test('a change of password keeps all tabs signed in', async () => {
    const { all } = await tabs(2)
    const newPassword = 'a different long passphrase'
    await until(all[0]!.auth.changePassword({ currentPassword: ADA.password, newPassword }))
    await pass(100)
    expect(await orders(all)).toEqual([200, 200])
    expect(await failure(all[0]!.auth.signIn(ADA))).toBe('invalid_credentials')
    expect(everyStatus(all)).toEqual(['authenticated', 'authenticated'])
  })
})

describe('storage', () => {
  const clear = (browser: Browser) =>
    until(new Promise((done) => {
      const deleting = browser.indexedDB.deleteDatabase('tandem')
      deleting.onsuccess = done
    }))

  test('cleared, cookies kept: signed out, no loop, a login works', async () => {
    const { server, browser, tab } = await signedIn()
    await clear(browser)
    tab.show(false)
    await pass(300_000)
    expect(await failure(tab.auth.fetch('/api/orders'))).toBe('signed_out')
    expect([tab.reason, server.calls.length]).toEqual(['storage_cleared', 0])
    await until(tab.auth.signIn(ADA))
    expect((await tab.get('/api/orders')).status).toBe(200)
  })

  test('cleared, and then a reload: nobody is signed in, and nobody is asked', async () => {
    const { server, browser, tab } = await signedIn()
    tab.close()
    await clear(browser)
    const next = await browser.open()
    expect([next.status, next.reason]).toEqual(['unauthenticated', null])
    expect(server.calls).toEqual([])
  })
})

test('what the tabs tell each other holds no token', async () => {
  const { browser, all } = await tabs(2)
  await pass(300_000)
  await until(all[0]!.auth.signIn(EVE))
  await until(all[1]!.auth.signOut())
  await pass(100)
  expect(browser.channels.said.length).toBeGreaterThanOrEqual(3)
  const said = JSON.stringify(browser.channels.said)
  expect(said).not.toMatch(/ey[A-Za-z]|tdm_|example\.com/)
})

test('two clients of different names are strangers', async () => {
  const { server, browser, tab } = await signedIn()
  const other = await browser.open({ name: 'second' })
  expect(other.status).toBe('unauthenticated')
  await until(tab.auth.signOut())
  await pass(100)
  expect(other.told).toEqual([])
  expect(server.counts.calls.logout).toBe(1)
})
