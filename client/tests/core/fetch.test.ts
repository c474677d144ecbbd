// The bound `fetch`: who gets the token, when it is renewed, what is sent a second time.

import { describe, expect, test } from 'vitest'
import { ADA, EVE, failure, pass, setUp, signedIn, until, useVirtualTime } from './browser.js'

useVirtualTime()

test('the token goes to the page, the service and the listed origins, and to no others', async () => {
  const { server, tab } = await signedIn({ apiOrigins: ['https://data.example.com'] })
  const got: (string | null)[] = []
  const note = (request: Request) => void got.push(request.headers.get('authorization'))
  const addresses = [
    '/open', 'https://data.example.com/x',
    'https://elsewhere.example/x', 'http://localhost:81/x', 'https://data.example.com.evil.example/x',
    'http://data.example.com/x',
  ]
  for (const address of addresses) {
    server.route(address, note)
    await tab.get(address)
  }
  expect(got.map((line) => line?.slice(0, 7) ?? null)).toEqual(['Bearer ', 'Bearer ', null, null, null, null])
})

test('all shapes of an address, and `fetch` without its `this`', async () => {
  const { server, tab } = await signedIn()
  const { fetch } = tab.auth
  const absolute = `${server.origin}/api/orders`
  for (const input of ['/api/orders', absolute, new URL(absolute), new Request(absolute)]) {
    expect(await (await until(fetch(input))).json()).toEqual({ of: ADA.email })
  }
})

test('headers of the caller stay; a caller with his own Authorization is left alone', async () => {
  const { server, tab } = await signedIn()
  const seen: Headers[] = []
  server.route('/open', ({ headers }) => void seen.push(headers))
  await tab.get('/open', { headers: { 'x-mine': '1' } })
  await until(tab.auth.fetch(new Request(`${server.origin}/open`, { headers: { 'x-mine': '2' } })))
  expect(seen.map((headers) => headers.get('x-mine'))).toEqual(['1', '2'])
  expect(seen.every((headers) => headers.get('authorization')?.startsWith('Bearer ey'))).toBe(true)

  server.advance(300_000)
  const answer = await tab.get('/api/orders', { headers: { authorization: 'Basic eA==' } })
  expect(answer.status).toBe(401)
  expect(server.counts.calls).toMatchObject({ refresh: 0, route: 3 })
})

test('nobody is signed in: the call is not sent', async () => {
  const { server, browser } = setUp()
  const tab = await browser.open()
  expect(await failure(tab.auth.fetch('/api/orders'))).toBe('signed_out')
  expect(await failure(tab.auth.getAccessToken())).toBe('signed_out')
  expect(server.calls).toEqual([])
})

test('what is not for the token needs nobody signed in', async () => {
  const { server, browser } = setUp()
  server.route('https://elsewhere.example/x', () => ({}))
  const tab = browser.tab()
  expect((await tab.get('https://elsewhere.example/x')).status).toBe(200)
  expect(tab.status).toBe('booting')
})

test('renews ahead of expiry, before the call is sent', async () => {
  const { server, tab } = await signedIn()
  tab.show(false)
  await pass(210_000)
  await tab.get('/api/orders')
  expect(server.counts.calls).toMatchObject({ refresh: 0 })
  await pass(29_000)
  expect((await tab.get('/api/orders')).status).toBe(200)
  expect(server.counts.calls).toMatchObject({ refresh: 1, route: 2 })
  expect(server.counts.refusals).toEqual({})
})

describe('access_expired', () => {
  const bodies: [string, () => BodyInit, string][] = [
    ['a string', () => 'a=1', 'a=1'],
    ['URLSearchParams', () => new URLSearchParams({ a: '1' }), 'a=1'],
    ['a Blob', () => new Blob(['a=1']), 'a=1'],
    ['an ArrayBuffer', () => new TextEncoder().encode('a=1').buffer as ArrayBuffer, 'a=1'],
    ['bytes', () => new TextEncoder().encode('a=1'), 'a=1'],
    ['FormData', () => form(), 'name="a"'],
  ]
  const form = () => {
    const data = new FormData()
    data.set('a', '1')
    return data
  }

  async function echo() {
    const world = await signedIn()
    const seen: string[] = []
    world.server.route('/api/echo', async (request) => void seen.push(await request.text()))
    // The server's clock alone: the page cannot know.
    world.server.advance(300_000)
    return { ...world, seen }
  }

  test.each(bodies)('%s is sent once more, the same', async (_name, body, expected) => {
    const { server, tab, seen } = await echo()
    const answer = await tab.get('/api/echo', { method: 'POST', body: body() })
    expect(answer.status).toBe(204)
    expect(seen).toEqual([expect.stringContaining(expected)])
    expect(server.counts.calls).toMatchObject({ route: 2, refresh: 1 })
  })

  test('a Request is sent once more, the same', async () => {
    const { server, tab, seen } = await echo()
    const request = new Request(`${server.origin}/api/echo`, { method: 'PUT', body: 'a=1', headers: { 'x-mine': '1' } })
    expect((await until(tab.auth.fetch(request))).status).toBe(204)
    expect(seen).toEqual(['a=1'])
    expect(server.calls.map(({ method }) => method)).toEqual(['PUT', 'POST', 'PUT'])
  })

  test('a stream is not sent again: its 401 is the answer, and the next call works', async () => {
    const { server, tab, seen } = await echo()
    const stream = () => new Blob(['a=1']).stream()
    const send = () => tab.get('/api/echo', { method: 'POST', body: stream(), duplex: 'half' } as RequestInit)
    const answer = await send()
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([401, 'access_expired'])
    expect(server.counts.calls).toMatchObject({ route: 1 })
    expect((await send()).status).toBe(204)
    expect(seen).toEqual(['a=1'])
    expect(server.counts.calls).toMatchObject({ route: 2, refresh: 1 })
  })

  test('never a loop: the second 401 is the answer', async () => {
    const { server, tab } = await signedIn()
    server.route('/open', () => problem('access_expired'))
    const answer = await tab.get('/open')
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ code: 'access_expired' })
    expect(server.counts.calls).toMatchObject({ route: 2, refresh: 1 })
  })

  test('twenty calls at once make one renewal', async () => {
    const { server, tab } = await signedIn({}, { latency: 30 })
    server.advance(300_000)
    const calls = Array.from({ length: 20 }, () => tab.auth.fetch('/api/orders'))
    const answers = await until(Promise.all(calls))
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(server.counts.calls).toMatchObject({ refresh: 1, route: 40 })
  })

  test('twenty calls of a page that knows make one renewal, and no refusal', async () => {
    const { server, tab } = await signedIn({}, { latency: 30 })
    tab.show(false)
    await pass(300_000)
    const answers = await until(Promise.all(Array.from({ length: 20 }, () => tab.auth.fetch('/api/orders'))))
    expect(answers.every(({ ok }) => ok)).toBe(true)
    expect(server.counts.calls).toMatchObject({ refresh: 1, route: 20 })
  })

  test('when the renewal cannot be had, the caller hears why', async () => {
    const { server, tab } = await signedIn()
    server.advance(300_000)
    server.failFor(60_000, { operation: 'refresh' })
    expect(await failure(tab.auth.fetch('/api/orders'))).toBe('unavailable')
  })
})

const problem = (code: string, status = 401) =>
  Response.json({ code }, { status, headers: { 'content-type': 'application/problem+json' } })

test.each([
  ['another code', () => problem('my_own_code')],
  ['unauthenticated', () => problem('unauthenticated')],
  ['no code', () => new Response('no', { status: 401 })],
  ['our code in a body that is no problem', () => Response.json({ code: 'access_expired' }, { status: 401 })],
  ['403', () => problem('forbidden', 403)],
  ['our code with another status', () => problem('access_expired', 403)],
])('a refusal that is not ours to mend is passed on: %s', async (_name, refuse) => {
  const { server, tab } = await signedIn()
  server.route('/open', refuse)
  const answer = await tab.get('/open')
  expect(answer.ok).toBe(false)
  expect(answer.bodyUsed).toBe(false)
  expect(server.counts.calls).toMatchObject({ route: 1, refresh: 0 })
  expect(tab.status).toBe('authenticated')
})

test('an API that says invalid_token for reasons of its own makes no storm and signs nobody out', async () => {
  const { server, tab } = await signedIn()
  server.route('/open', () => problem('invalid_token'))
  for (let times = 0; times < 10; times++) {
    expect((await tab.get('/open')).status).toBe(401)
    await pass(1_000)
  }
  expect(server.counts.calls.refresh).toBeLessThanOrEqual(1)
  expect(tab.status).toBe('authenticated')
})

test('the caller may stop waiting; the renewal goes on for the others', async () => {
  const { server, tab } = await signedIn({}, { latency: 1_000 })
  tab.show(false)
  await pass(300_000)
  const stop = new AbortController()
  const impatient = tab.auth.fetch('/api/orders', { signal: stop.signal })
  const patient = tab.auth.fetch('/api/orders')
  const refused = expect(impatient).rejects.toThrow('enough')
  await pass(500)
  stop.abort(new Error('enough'))
  await refused
  expect((await until(patient)).status).toBe(200)
  expect(server.counts.calls).toMatchObject({ refresh: 1, route: 1 })
})

test('getAccessToken lives as long as it is asked to', async () => {
  const { server, tab } = await signedIn()
  tab.show(false)
  await pass(60_000)
  const first = await until(tab.auth.getAccessToken())
  expect(await until(tab.auth.getAccessToken({ minValiditySeconds: 150 }))).toBe(first)
  expect(server.counts.calls.refresh).toBe(0)
  expect(await until(tab.auth.getAccessToken({ minValiditySeconds: 200 }))).not.toBe(first)
  expect(server.counts.calls.refresh).toBe(1)
})

test('what one person began is not sent in the name of another', async () => {
  const { server, browser, tab } = await signedIn()
  const other = await browser.open()
  server.advance(300_000)
  server.delayNext(2_000, 'route')
  const call = tab.auth.fetch('/api/orders', { method: 'POST', body: 'x' })
  await pass(1_000)
  await until(other.auth.signIn(EVE))
  const answer = await until(call)
  expect(answer.status).toBe(401)
  expect(server.counts.calls.route).toBe(1)
})
