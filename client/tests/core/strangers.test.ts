// What stands between: a page's base, a gateway that answers in the service's place, a channel that anybody uses.

import { describe, expect, test, vi } from 'vitest'
import type { AuthClientOptions } from '../../src/index.js'
import { ADA, Browser, failure, pass, setUp, signedIn, until, useVirtualTime } from './browser.js'

useVirtualTime()

const MODES = ['dual', 'session'] as const
const NEXT = 'a different long passphrase'

/** All that a client ever sends. */
async function everything(browser: Browser, options: Partial<AuthClientOptions>) {
  const tab = await browser.open(options)
  await until(tab.auth.signUp({ email: 'new@example.com', password: NEXT }))
  await until(tab.auth.signIn(ADA))
  await pass(300_000)
  await until(tab.auth.changePassword({ currentPassword: ADA.password, newPassword: NEXT }))
  await until(tab.auth.signOut())
  await until(tab.auth.signIn({ ...ADA, password: NEXT }))
  await until(tab.auth.signOut({ everywhere: true }))
}

describe.each(MODES)('%s', (mode) => {
  test('whatever the base of the document, the service is asked where it is', async () => {
    const { server, browser } = setUp()
    browser.document.baseURI = 'https://elsewhere.example/'
    const asked: string[] = []
    const note: typeof fetch = (input, init) => {
      asked.push((input as Request).url)
      return browser.network.fetch(input, init)
    }
    // The page's own origin is the service's.
    await everything(browser, { mode, baseUrl: '', fetch: note })
    const { calls } = server.counts
    expect(calls).toMatchObject({ register: 1, changePassword: 1, logoutAll: 1, unknown: 0 })
    expect(mode === 'dual' ? calls.login + calls.refresh : calls.passwordLogin + calls.token).toBeGreaterThanOrEqual(3)
    expect(asked.filter((url) => !url.startsWith(`${server.origin}/`))).toEqual([])
  })

  test('only who is told nothing but "done" may find the page gone', async () => {
    const { browser } = setUp()
    const kept = new Map<string, boolean>()
    const note: typeof fetch = (input, init) => {
      const { url, keepalive } = input as Request
      kept.set(new URL(url).pathname, keepalive)
      return browser.network.fetch(input, init)
    }
    await everything(browser, { mode, fetch: note })
    const both = { '/api/auth/register': false, '/api/auth/password': false, '/api/auth/logout-all': true }
    const own = mode === 'dual'
      ? { '/api/auth/login': false, '/api/auth/refresh': false, '/api/auth/logout': true }
      : { '/iam/passwordlogin': true, '/iam/oauth/token': false, '/api/auth/me': false, '/iam/logout': true }
    expect(Object.fromEntries(kept)).toEqual({ ...both, ...own })
  })
})

/** Answers in the service's place, once it is told to. */
async function gateway(options: Partial<AuthClientOptions>, path: string, answer: (real: Response) => unknown) {
  const { server, browser } = setUp()
  const it = { on: false }
  const between: typeof fetch = async (input, init) => {
    const real = await browser.network.fetch(input, init)
    return it.on && (input as Request).url.endsWith(path) ? ((await answer(real)) as Response) : real
  }
  return { server, it, tab: await browser.open({ ...options, fetch: between }) }
}

const problem = (status: number, code: string) =>
  new Response(JSON.stringify({ code }), { status, headers: { 'content-type': 'application/problem+json' } })

describe('a refusal that is not the service\'s', () => {
  test.each([
    ['invalid_credentials', () => Response.json({ code: 'invalid_credentials' }, { status: 401 }), 'protocol'],
    ['invalid_credentials', () => problem(401, 'invalid_credentials'), 'invalid_credentials'],
    ['origin_not_allowed', () => Response.json({ code: 'origin_not_allowed' }, { status: 403 }), 'forbidden'],
    ['origin_not_allowed', () => problem(403, 'origin_not_allowed'), 'origin_not_allowed'],
    ['a fault', () => problem(503, 'invalid_credentials'), 'unavailable'],
  ])('of a sign-in, %s', async (_name, answer, code) => {
    const { it, tab } = await gateway({}, '/login', answer)
    it.on = true
    expect(await failure(tab.auth.signIn(ADA))).toBe(code)
  })

  test.each([
    ['a bearer error', () => Response.json({ error: 'invalid_token' }, { status: 401 })],
    ['a 401 in the words of the token endpoint', () => Response.json({ error: 'invalid_grant' }, { status: 401 })],
    ['a fault in its words', () => Response.json({ error: 'invalid_grant' }, { status: 502 })],
    ['a code', () => Response.json({ code: 'invalid_token' }, { status: 401 })],
    ['a page', () => new Response('<h1>log in</h1>', { status: 401 })],
  ])('of an exchange signs nobody out: %s', async (_name, answer) => {
    const { it, tab } = await gateway({ mode: 'session' }, '/token', answer)
    await until(tab.auth.signIn(ADA))
    it.on = true
    await pass(90_000)
    expect([tab.status, tab.email]).toEqual(['unreachable', ADA.email])
    it.on = false
    await pass(60_000)
    expect((await tab.get('/api/orders')).status).toBe(200)
  })

  test('of an exchange: the service\'s own words count', async () => {
    const answer = () => Response.json({ error: 'invalid_grant' }, { status: 400 })
    const { it, tab } = await gateway({ mode: 'session' }, '/token', answer)
    await until(tab.auth.signIn(ADA))
    it.on = true
    await pass(90_000)
    expect([tab.status, tab.reason]).toEqual(['unauthenticated', 'session_ended'])
  })
})

test.each([
  ['dual', 203, '/refresh'], ['dual', 201, '/refresh'], ['session', 203, '/token'], ['dual', 207, '/password'],
] as const)('%s: tokens in an answer of status %i to %s go no further', async (mode, status, path) => {
  const change = async (real: Response) =>
    new Response(await real.text(), { status, headers: { 'content-type': 'application/json' } })
  const { it, tab } = await gateway({ mode }, path, change)
  await until(tab.auth.signIn(ADA))
  const states: unknown[] = []
  tab.auth.subscribe(() => states.push(tab.auth.getState()))
  it.on = true
  const passwords = { currentPassword: ADA.password, newPassword: NEXT }
  const refused: unknown = await until(tab.auth.changePassword(passwords).catch((error: unknown) => error))
  await pass(300_000)
  const errors = tab.events.flatMap(([, payload]) => ('error' in payload ? [payload.error] : []))
  if (path === '/password') errors.push(refused as (typeof errors)[number])
  expect(errors.length).toBeGreaterThan(0)
  for (const error of errors) {
    expect(error).toMatchObject({ code: 'protocol', status })
    expect(error.problem).toBe(undefined)
  }
  expect(JSON.stringify([states, tab.events, errors, errors.map(({ message }) => message)])).not.toMatch(/tdm_|eyJ/)
})

test('a 401 without a code is the app\'s to judge: handed on as it is, and nothing is renewed', async () => {
  const bare = () => new Response('no', { status: 401 })
  const lookalike = () => Response.json({ code: 'access_expired' }, { status: 401 })
  for (const make of [bare, lookalike]) {
    const { server, it, tab } = await gateway({}, '/api/orders', make)
    await until(tab.auth.signIn(ADA))
    server.clearCalls()
    it.on = true
    expect((await tab.get('/api/orders')).status).toBe(401)
    expect(server.counts.calls).toMatchObject({ route: 1, refresh: 0 })
    expect(tab.status).toBe('authenticated')
  }
})

describe('the channel', () => {
  test.each(MODES)('is not allowed: %s works without', async (mode) => {
    const { browser } = setUp()
    const tab = browser.tab({ mode })
    browser.as(tab, () => {})
    vi.stubGlobal('BroadcastChannel', class {
      constructor() {
        throw new DOMException('the operation is insecure', 'SecurityError')
      }
    })
    tab.auth.subscribe(() => {})
    expect((await until(tab.auth.ready())).status).toBe('unauthenticated')
    await until(tab.auth.signIn(ADA))
    expect((await tab.get('/api/orders')).status).toBe(200)
    expect(await until(tab.auth.signOut())).toBe(true)
    tab.auth.dispose()
  })

  test.each(MODES)('brings what is no news: %s', async (mode) => {
    const { server, browser, tab } = await signedIn({ mode })
    const lost: unknown[] = []
    const note = (reason: unknown) => void lost.push(reason)
    process.on('unhandledRejection', note)
    const stranger = new browser.channels.constructorFor('tandem')
    const noise = [null, undefined, 0, '', 'text', 7, [], {}, { session: {} }, { session: [], over: 7 }]
    for (const said of noise) stranger.postMessage(said)
    await pass(1_000)
    await new Promise((done) => process.nextTick(() => queueMicrotask(() => process.nextTick(done))))
    process.off('unhandledRejection', note)
    expect(lost).toEqual([])
    expect([tab.email, (await tab.get('/api/orders')).status]).toEqual([ADA.email, 200])
    expect(server.counts.calls.refresh).toBe(0)
  })
})
