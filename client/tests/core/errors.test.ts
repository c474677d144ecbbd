// What goes wrong has a code; what is secret is in no error, event or state.

import { describe, expect, test, vi } from 'vitest'
import { AuthError, isAuthError } from '../../src/index.js'
import { ADA, failure, pass, setUp, signedIn, until, useVirtualTime } from './browser.js'

useVirtualTime()

const thrown = async (promise: Promise<unknown>): Promise<AuthError> => {
  const error: unknown = await until(promise.then(() => null, (error: unknown) => error))
  if (!isAuthError(error)) throw new Error(`not an AuthError: ${String(error)}`)
  return error
}

const NEW = { email: 'new@example.com', password: 'a long enough passphrase' }

describe('signing up', () => {
  test('works for an address that is new, and says the same for one that is not', async () => {
    const { browser } = setUp()
    const tab = await browser.open()
    expect(await until(tab.auth.signUp(NEW))).toBe(undefined)
    expect(await until(tab.auth.signUp(ADA))).toBe(undefined)
    expect((await until(tab.auth.signIn(NEW))).email).toBe(NEW.email)
  })

  test('names every field that is wrong', async () => {
    const { browser } = setUp()
    const error = await thrown((await browser.open()).auth.signUp({ email: 'ada', password: 'short' }))
    expect(error).toMatchObject({ code: 'validation_failed', status: 422, retryable: false })
    expect(error.fields).toEqual({
      email: 'not an e-mail address: write it as name@example.com',
      password: 'at least 15 characters are needed; a sentence is a good password',
    })
  })

  test('is forbidden where registration is closed', async () => {
    const { browser } = setUp({ registration: 'closed' })
    expect(await failure((await browser.open()).auth.signUp(NEW))).toBe('forbidden')
  })
})

describe.each(['dual', 'session'] as const)('signing in, %s', (mode) => {
  const operation = mode === 'dual' ? 'login' : 'passwordLogin'

  test('with a wrong password or address: invalid_credentials, and nothing changes', async () => {
    const { browser } = setUp()
    const tab = await browser.open({ mode })
    const before = tab.auth.getState()
    expect(await failure(tab.auth.signIn({ ...ADA, password: 'not this passphrase' }))).toBe('invalid_credentials')
    expect(await failure(tab.auth.signIn(NEW))).toBe('invalid_credentials')
    expect(tab.auth.getState()).toBe(before)
  })

  test('somebody who is signed in and mistypes stays signed in', async () => {
    const { tab } = await signedIn({ mode })
    expect(await failure(tab.auth.signIn({ ...ADA, password: 'not this passphrase' }))).toBe('invalid_credentials')
    expect((await tab.get('/api/orders')).status).toBe(200)
  })

  test.each([[429, 'too_many_requests'], [503, 'unavailable'], [500, 'unavailable'], [502, 'unavailable']])(
    '%i is %s, and retryable',
    async (status, code) => {
      const { server, browser } = setUp()
      const tab = await browser.open({ mode })
      server.clearCalls()
      server.failFor(60_000, { status, retryAfter: 7, operation })
      const error = await thrown(tab.auth.signIn(ADA))
      expect(error).toMatchObject({ code, status, retryable: true, retryAfter: 7 })
      expect(server.counts.calls[operation]).toBe(1)
    },
  )

  test('no network, and no answer in time', async () => {
    const { server, browser } = setUp()
    const tab = await browser.open({ mode })
    server.loseNextResponse(operation)
    expect(await thrown(tab.auth.signIn(ADA))).toMatchObject({ code: 'network', retryable: true })
    server.delayNext(60_000, operation)
    const begun = Date.now()
    expect(await thrown(tab.auth.signIn(ADA))).toMatchObject({ code: 'timeout', retryable: true })
    expect(Date.now() - begun).toBeLessThan(15_000)
  })

  test('an origin that is not configured', async () => {
    const { server, browser } = setUp()
    const tab = await browser.open({ mode })
    server.failNext(403, operation)
    expect(['origin_not_allowed', 'forbidden']).toContain(await failure(tab.auth.signIn(ADA)))
  })
})

test('an answer that is no answer is `protocol`', async () => {
  const { browser } = setUp()
  const half = { access_token: 'x', session: {}, user: {} }
  for (const value of [null, {}, [], 'text', { access_token: 'a.b.c' }, half]) {
    const tab = await browser.open({ fetch: async () => Response.json(value) })
    expect(await failure(tab.auth.signIn(ADA))).toBe('protocol')
    expect(tab.status).toBe('unauthenticated')
  }
})

describe('changing the password', () => {
  const next = 'a different long passphrase'

  test('a wrong one and a short one name their fields', async () => {
    const { tab } = await signedIn()
    const change = (currentPassword: string, newPassword: string) =>
      thrown(tab.auth.changePassword({ currentPassword, newPassword }))
    expect((await change('wrong', next)).fields).toEqual({ current_password: 'this is not the current password' })
    expect((await change(ADA.password, 'short')).fields).toHaveProperty('new_password')
    expect((await tab.get('/api/orders')).status).toBe(200)
  })

  test('with an expired token: renewed first, done once', async () => {
    const { server, tab } = await signedIn()
    server.advance(300_000)
    await until(tab.auth.changePassword({ currentPassword: ADA.password, newPassword: next }))
    expect(server.counts.calls).toMatchObject({ refresh: 1, changePassword: 2 })
    expect((await tab.get('/api/orders')).status).toBe(200)
  })

  test('nobody is signed in', async () => {
    const { browser } = setUp()
    const tab = await browser.open()
    expect(await failure(tab.auth.changePassword({ currentPassword: '', newPassword: next }))).toBe('signed_out')
  })
})

test('isAuthError goes by the shape', () => {
  const error = new AuthError('network', { status: 0, retryAfter: 3 })
  expect(isAuthError(error)).toBe(true)
  expect(isAuthError(Object.assign(new Error(), { name: 'AuthError', code: 'network' }))).toBe(true)
  for (const other of [new Error('x'), null, undefined, 'network', { name: 'AuthError' }]) {
    expect(isAuthError(other)).toBe(false)
  }
  expect(error.fields).toEqual({})
})

test('nothing secret is in an event, an error, a state or a log', async () => {
  const logged: unknown[] = []
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, level).mockImplementation((...args) => void logged.push(args))
  }
  const { server, browser, tab } = await signedIn()
  const states: unknown[] = [tab.auth.getState()]
  tab.auth.subscribe(() => states.push(tab.auth.getState()))
  const secrets = new Set<string>([ADA.password])
  const note = async () => {
    for (const { value } of browser.network.cookies) secrets.add(value)
    if (tab.status === 'authenticated') secrets.add(await until(tab.auth.getAccessToken()))
  }
  await note()
  await tab.get('/api/orders?token=no&secret=query#fragment')
  await pass(600_000)
  await note()
  const errors: unknown[] = [await thrown(tab.auth.signIn({ ...ADA, email: 'nobody@example.com' }))]
  tab.show(false)
  await pass(300_000)
  server.failFor(60_000)
  errors.push(await thrown(tab.auth.getAccessToken()))
  await pass(120_000)
  await tab.get('/api/orders')
  await note()
  server.endSessions(ADA.email)
  await tab.get('/api/orders')

  expect(secrets.size).toBeGreaterThan(6)
  const told = deep([tab.events, states, errors, logged])
  for (const secret of secrets) expect(told).not.toContain(secret)
  expect(told).not.toMatch(/tdm_|eyJ|secret=query|fragment/)
})

/** Everything in it, with what `JSON.stringify` leaves out of errors. */
const deep = (value: unknown) =>
  JSON.stringify(value, (_key, it: unknown) =>
    it instanceof Error ? { ...it, name: it.name, message: it.message, stack: it.stack, cause: it.cause } : it,
  )
