// One tab against time, a bad network and a service in trouble.

import { describe, expect, test, vi } from 'vitest'
import { ADA, failure, pass, signedIn, timers, until, useVirtualTime } from './browser.js'

useVirtualTime()

const HOUR = 3_600_000
const refreshes = ({ server }: Awaited<ReturnType<typeof signedIn>>) => server.counts.calls.refresh

test('a visible page renews by itself, once in each lifetime; a hidden one not at all', async () => {
  const world = await signedIn()
  await pass(HOUR)
  expect(refreshes(world)).toBeGreaterThanOrEqual(15)
  expect(refreshes(world)).toBeLessThanOrEqual(17)
  expect(world.server.counts.rotations).toBe(refreshes(world))
  world.tab.show(false)
  world.server.clearCalls()
  await pass(HOUR)
  expect(world.server.calls).toEqual([])
  expect(world.tab.status).toBe('authenticated')
})

test('the state tells when the token expires, and how often it was renewed', async () => {
  const { tab } = await signedIn()
  const before = tab.auth.getState()
  if (before.status !== 'authenticated') throw new Error(before.status)
  expect(before.generation).toBe(1)
  // Never later than it is.
  expect(Date.now() + 240_000 - before.accessExpiresAt).toBeGreaterThanOrEqual(0)
  expect(Date.now() + 240_000 - before.accessExpiresAt).toBeLessThan(100)
  await pass(230_000)
  const after = tab.auth.getState()
  expect(after).toMatchObject({ status: 'authenticated', generation: 2 })
  expect(after).not.toBe(before)
  // Nobody is drawn anew for who he is.
  expect(after.status === 'authenticated' && after.user).toBe(before.user)
  expect(tab.told).toEqual(['renewed asked'])
})

test('wake: eight hours later, ten calls at once make one renewal', async () => {
  const world = await signedIn({}, { latency: 50 })
  vi.setSystemTime(Date.now() + 8 * HOUR)
  const answers = await until(Promise.all(Array.from({ length: 10 }, () => world.tab.auth.fetch('/api/orders'))))
  expect(answers.every(({ ok }) => ok)).toBe(true)
  await pass(60_000)
  expect(refreshes(world)).toBe(1)
})

test('wake, and somebody looks at the page: one renewal, by itself', async () => {
  const world = await signedIn()
  world.tab.show(false)
  vi.setSystemTime(Date.now() + 8 * HOUR)
  world.tab.show(true)
  await pass(1_000)
  expect(refreshes(world)).toBe(1)
  expect(world.tab.told).toEqual(['renewed asked'])
})

const OFF = [
  ['ten minutes ahead', 600], ['ten minutes behind', -600], ['a day ahead', 86_400], ['a day behind', -86_400],
] as const

test.each(OFF)(
  'the device clock is %s: as ever',
  async (_name, seconds) => {
    const world = await signedIn()
    world.server.advance(-seconds * 1000)
    await until(world.tab.auth.signIn(ADA))
    world.server.clearCalls()
    for (let minute = 0; minute < 60; minute++) {
      await pass(60_000)
      expect((await world.tab.get('/api/orders')).status).toBe(200)
    }
    expect(refreshes(world)).toBeLessThanOrEqual(17)
    expect(world.server.counts.refusals).toEqual({})
  },
)

const JUMPS = [['forwards', 86_400_000], ['backwards', -86_400_000]] as const

test.each(JUMPS)('the device clock jumps %s by a day', async (_name, jump) => {
  const world = await signedIn()
  world.server.advance(-jump)
  vi.setSystemTime(Date.now() + jump)
  for (let minute = 0; minute < 60; minute++) {
    await pass(60_000)
    expect((await world.tab.get('/api/orders')).status).toBe(200)
  }
  expect(refreshes(world)).toBeLessThanOrEqual(18)
  expect(world.tab.status).toBe('authenticated')
})

const FAULTS = ['loseNextResponse', 'splitNextResponse'] as const

test.each(FAULTS)('%s: tried again, nobody notices', async (fault) => {
  const world = await signedIn()
  world.tab.show(false)
  await pass(300_000)
  world.server[fault]('refresh')
  expect((await world.tab.get('/api/orders')).status).toBe(200)
  expect(world.server.counts).toMatchObject({ rotations: 1, resends: 1, refusals: {} })
  expect(world.tab.told).toEqual(['renewed asked'])
})

test.each(FAULTS)('%s, and the page is gone: the next page is sent it again', async (fault) => {
  const { server, browser, tab } = await signedIn({}, { latency: 100 })
  tab.show(false)
  await pass(300_000)
  server[fault]('refresh')
  void tab.auth.fetch('/api/orders')
  await pass(250)
  tab.close()
  expect(server.counts.rotations).toBe(1)
  await pass(8 * HOUR)
  const next = await browser.open()
  expect(next.email).toBe(ADA.email)
  expect((await next.get('/api/orders')).status).toBe(200)
  expect(server.counts).toMatchObject({ reuses: 0, refusals: {} })
})

test('answers that take longer than the limit are given up, and asked for again', async () => {
  const world = await signedIn()
  world.tab.show(false)
  await pass(300_000)
  world.server.delayNext(25_000, 'refresh')
  const call = world.tab.auth.fetch('/api/orders')
  await pass(9_900)
  expect(refreshes(world)).toBe(1)
  const answer = await until(call.then(({ status }) => status, (error: { code: string }) => error.code))
  expect([200, 'timeout']).toContain(answer)
  expect(world.tab.status).not.toBe('unauthenticated')
  await pass(60_000)
  expect((await world.tab.get('/api/orders')).status).toBe(200)
  expect(world.server.counts).toMatchObject({ rotations: 1, reuses: 0, refusals: {} })
})

describe('an outage', () => {
  test('of twenty seconds: at most four calls, however many callers; the session is kept', async () => {
    const world = await signedIn()
    await pass(239_000)
    world.server.clearCalls()
    await pass(1_000)
    world.server.clearCalls()
    world.tab.show(false)
    await pass(300_000)
    world.server.failFor(20_000)
    for (let second = 0; second < 20; second++) {
      expect(await failure(world.tab.auth.getAccessToken())).toBe('unavailable')
      await pass(1_000)
    }
    expect(refreshes(world)).toBeLessThanOrEqual(4)
    expect(world.tab.auth.getState()).toMatchObject({ status: 'unreachable', user: { email: ADA.email } })
    await pass(60_000)
    expect((await world.tab.get('/api/orders')).status).toBe(200)
    expect(world.tab.status).toBe('authenticated')
  })

  test('while the token still lives nobody notices', async () => {
    const world = await signedIn()
    world.server.failFor(30_000, { operation: 'refresh' })
    world.tab.show(false)
    await pass(218_000)
    world.server.failFor(10_000, { operation: 'refresh' })
    expect((await world.tab.get('/api/orders')).status).toBe(200)
    await pass(8_000)
    expect(refreshes(world)).toBeGreaterThan(0)
    expect(world.tab.status).toBe('authenticated')
    expect(world.tab.told).toEqual(['renewFailed unavailable'])
  })

  test('the visible page comes back by itself', async () => {
    const world = await signedIn()
    world.server.failFor(400_000, { operation: 'refresh' })
    await pass(300_000)
    expect(world.tab.status).toBe('unreachable')
    await pass(150_000)
    expect(world.tab.status).toBe('authenticated')
    expect(world.tab.told).not.toContain('signedOut')
  })

  test('retryAt is the truth, and `retry` asks at once', async () => {
    const world = await signedIn()
    world.server.failFor(300_000, { operation: 'refresh' })
    world.tab.show(false)
    await pass(250_000)
    expect(await failure(world.tab.auth.getAccessToken())).toBe('unavailable')
    const state = world.tab.auth.getState()
    if (state.status !== 'unreachable') throw new Error(state.status)
    expect(state.retryAt - Date.now()).toBeGreaterThan(25_000)
    expect(state.error).toMatchObject({ code: 'unavailable', status: 503, retryable: true, retryAfter: 1 })
    await pass(60_000)
    expect(await until(world.tab.auth.retry())).toMatchObject({ status: 'authenticated' })
  })

  test('Retry-After is heeded', async () => {
    const world = await signedIn()
    world.tab.show(false)
    await pass(300_000)
    world.server.failFor(90_000, { status: 429, retryAfter: 90, operation: 'refresh' })
    expect(await failure(world.tab.auth.getAccessToken())).toBe('too_many_requests')
    expect(refreshes(world)).toBe(1)
    for (let second = 0; second < 80; second += 10) {
      expect(await failure(world.tab.auth.getAccessToken())).toBe('too_many_requests')
      await pass(10_000)
    }
    expect(refreshes(world)).toBe(1)
    await pass(11_000)
    expect(await until(world.tab.auth.getAccessToken())).toMatch(/^ey/)
  })

  test.each([500, 502, 503, 504, 429])('%i signs nobody out', async (status) => {
    const world = await signedIn()
    world.tab.show(false)
    await pass(300_000)
    world.server.failFor(60_000, { status, operation: 'refresh' })
    expect(await failure(world.tab.auth.getAccessToken())).toBe(status === 429 ? 'too_many_requests' : 'unavailable')
    expect(world.tab.status).toBe('unreachable')
    await pass(61_000)
    expect((await world.tab.get('/api/orders')).status).toBe(200)
  })

  test.each([
    ['a proxy\'s page', () => new Response('<h1>login</h1>', { status: 401 })],
    ['a captive portal', () => new Response('<h1>welcome</h1>', { status: 200 })],
    ['a gateway that refuses', () => Response.json({ code: 'origin_not_allowed' }, { status: 403 })],
    ['a gateway\'s bearer error', () => Response.json({ error: 'invalid_token' }, { status: 401 })],
    ['a gateway\'s code', () => Response.json({ code: 'invalid_token' }, { status: 401 })],
    ['a fault that says so', () => Response.json({ error: 'invalid_grant' }, { status: 500 })],
  ])('an answer to the refresh that is not its answer signs nobody out: %s', async (_name, refuse) => {
    const world = await signedIn()
    world.tab.show(false)
    await pass(300_000)
    let portal = true
    const { fetch: real } = world.browser.network
    const between: typeof fetch = async (input, init) =>
      portal && (input as Request).url.endsWith('/refresh') ? refuse() : real(input, init)
    const tab = await world.browser.open({ fetch: between })
    expect(['protocol', 'forbidden', 'unavailable']).toContain(await failure(tab.auth.getAccessToken()))
    expect(tab.status).toBe('unreachable')
    portal = false
    await pass(31_000)
    expect((await tab.get('/api/orders')).status).toBe(200)
  })
})

test('offline across an expiry: kept, then renewed when the network is back', async () => {
  const { server, browser, tab } = await signedIn()
  browser.network.offline(true)
  ;(navigator as { onLine: boolean }).onLine = false
  await pass(300_000)
  const away = { status: 'unreachable', user: { email: ADA.email }, error: { code: 'network' } }
  expect(tab.auth.getState()).toMatchObject(away)
  expect(await failure(tab.auth.fetch('/api/orders'))).toBe('network')
  // No more than a try for each pause.
  expect(server.counts.calls.refresh).toBeLessThanOrEqual(6)
  browser.network.offline(false)
  ;(navigator as { onLine: boolean }).onLine = true
  tab.dispatch('online')
  await pass(1_000)
  expect(tab.status).toBe('authenticated')
  expect(tab.told.filter((event) => event.startsWith('signed'))).toEqual([])
})

test('a reload while the service is away shows who is signed in, when that is known', async () => {
  const { server, browser, tab } = await signedIn()
  tab.close()
  await pass(300_000)
  server.failFor(30_000)
  const next = await browser.open()
  expect(next.auth.getState()).toMatchObject({ status: 'unreachable', user: { email: ADA.email } })
})

test('a reload with a token that lives asks nobody', async () => {
  const { server, browser, tab } = await signedIn()
  tab.close()
  const next = await browser.open()
  expect(next.email).toBe(ADA.email)
  expect(server.calls).toEqual([])
})

describe('the session is over', () => {
  test('ended elsewhere: session_ended, at the next call', async () => {
    const { server, tab } = await signedIn()
    await tab.get('/api/orders')
    server.endSessions(ADA.email)
    expect((await tab.get('/api/orders')).status).toBe(401)
    expect([tab.status, tab.reason]).toEqual(['unauthenticated', 'session_ended'])
    expect(tab.told).toEqual(['signedOut session_ended here'])
    server.clearCalls()
    expect(await failure(tab.auth.fetch('/api/orders'))).toBe('signed_out')
    await pass(HOUR)
    expect(server.calls).toEqual([])
  })

  test('its time has passed: session_expired', async () => {
    const { server, tab } = await signedIn()
    tab.show(false)
    await pass(8 * 24 * HOUR)
    expect(await failure(tab.auth.fetch('/api/orders'))).toBe('signed_out')
    expect(tab.reason).toBe('session_expired')
    expect(server.counts.calls.refresh).toBeLessThanOrEqual(1)
  })

  test('the cookies were deleted: session_ended, no loop, and a login works', async () => {
    const { server, browser, tab } = await signedIn()
    await tab.get('/api/orders')
    server.clearCalls()
    browser.network.setCookies([])
    expect((await tab.get('/api/orders')).status).toBe(401)
    expect(tab.reason).toBe('session_ended')
    expect(server.calls.length).toBeLessThanOrEqual(3)
    await until(tab.auth.signIn(ADA))
    expect((await tab.get('/api/orders')).status).toBe(200)
  })

  test('a thief used a superseded full copy: everybody is out, and nothing loops', async () => {
    const { server, browser, tab } = await signedIn()
    const stolen = server.browser()
    stolen.setCookies(browser.network.cookies)
    const { access, refresh } = (await until(read(browser)))!
    await pass(500_000)
    await tab.get('/api/orders')
    await pass(31_000)
    const answer = await until(stolen.fetch(`${server.origin}/api/auth/refresh`, {
      method: 'POST',
      headers: { authorization: `Bearer ${access}`, 'content-type': 'application/json' },
      body: JSON.stringify({ refresh_token: refresh }),
    }))
    expect(answer.status).toBe(401)
    expect(server.counts.reuses).toBe(1)
    await tab.get('/api/orders')
    expect(tab.reason).toBe('session_ended')
  })
})

/** The record, as a script in the page reads it. */
function read({ indexedDB }: { indexedDB: IDBFactory }): Promise<{ access: string; refresh: string } | null> {
  return new Promise((resolve) => {
    const opening = indexedDB.open('tandem', 1)
    opening.onsuccess = () => {
      const reading = opening.result.transaction('half').objectStore('half').get(0)
      reading.onsuccess = () => resolve(reading.result as never)
    }
  })
}

test('changed roles arrive with the next call', async () => {
  const { server, tab } = await signedIn()
  await pass(2_000)
  server.setRoles(ADA.email, ['admin'])
  expect((await tab.get('/api/orders')).status).toBe(200)
  const state = tab.auth.getState()
  expect(state.status === 'authenticated' && state.user.roles).toEqual(['admin'])
})

test('two hundred rotations: no timer, listener or record more than after the first', async () => {
  const { server, browser, tab } = await signedIn()
  await pass(230_000)
  const open = timers()
  const size = JSON.stringify(await until(read(browser))).length
  while (server.counts.rotations < 200) await pass(60_000)
  expect(timers()).toBe(open)
  expect(JSON.stringify(await until(read(browser))).length - size).toBeLessThan(20)
  expect(browser.channels.open.size).toBe(1)
  expect(tab.told.every((event) => event === 'renewed asked')).toBe(true)
})
