import { afterEach, expect, test, vi } from 'vitest'
import { AuthError, isAuthError } from '../../src/index.js'
import { aUser, authenticated, booting, createFakeAuthClient, unauthenticated } from '../../src/testing/index.js'

afterEach(() => vi.unstubAllGlobals())

const credentials = { email: 'grace@example.com', password: 'p' }

test('at first nobody is signed in', () => {
  expect(createFakeAuthClient().getState()).toEqual({ status: 'unauthenticated', reason: null })
})

test('who subscribes hears of every change until the end', () => {
  const client = createFakeAuthClient(booting())
  const listener = vi.fn()
  const ends = [client.subscribe(listener), client.subscribe(listener)]
  client.set(authenticated())
  ends[0]!()
  client.set(unauthenticated('signed_out'))
  ends[1]!()
  client.set(booting())
  expect(listener).toHaveBeenCalledTimes(3)
})

test('events reach those who listen for them', () => {
  const client = createFakeAuthClient()
  const heard: unknown[] = []
  const end = client.on('userChanged', (event) => heard.push(event))
  client.on('signedOut', (event) => heard.push(event))
  const event = { from: aUser({ id: '1' }), to: aUser({ id: '2' }) }
  client.emit('userChanged', event)
  end()
  client.emit('userChanged', event)
  expect(heard).toEqual([event])
})

test('ready waits for the end of booting', async () => {
  const client = createFakeAuthClient(booting())
  const ready = client.ready()
  const state = authenticated()
  client.set(booting())
  client.set(state)
  expect(await ready).toBe(state)
  expect(await client.ready()).toBe(state)
})

test('signing in and out changes the state, tells, and is written down', async () => {
  const client = createFakeAuthClient()
  const heard: string[] = []
  client.on('signedIn', ({ user, origin }) => heard.push(`${user.email} ${origin}`))
  client.on('signedOut', ({ reason, origin }) => heard.push(`${reason} ${origin}`))

  expect(await client.signIn(credentials)).toMatchObject({ email: 'grace@example.com' })
  expect(client.getState()).toMatchObject({ status: 'authenticated', user: { email: 'grace@example.com' } })
  expect(await client.getAccessToken()).toBe('fake-access-token')
  expect(await client.signOut({ everywhere: true })).toBe(true)
  expect(client.getState()).toEqual({ status: 'unauthenticated', reason: 'signed_out' })
  expect(heard).toEqual(['grace@example.com here', 'signed_out here'])
  expect(client.calls).toMatchObject({ signIn: [[credentials]], signOut: [[{ everywhere: true }]], signUp: [] })
})

test('fetch is the global one while somebody is signed in', async () => {
  vi.stubGlobal('fetch', async (path: string) => new Response(`answer to ${path}`))
  const client = createFakeAuthClient(authenticated())
  const { fetch } = client
  expect(await (await fetch('/api/orders', { method: 'POST' })).text()).toBe('answer to /api/orders')
  expect(client.calls.fetch).toEqual([['/api/orders', { method: 'POST' }]])
})

test('where nobody is, what needs somebody says so', async () => {
  const client = createFakeAuthClient()
  for (const call of [
    () => client.fetch('/api/orders'),
    () => client.getAccessToken(),
    () => client.changePassword({ currentPassword: 'a', newPassword: 'b' }),
  ]) {
    const error = await call().catch((error: unknown) => error)
    expect(isAuthError(error) && error.code).toBe('signed_out')
  }
})

test('it does what it is told to do instead, and still writes it down', async () => {
  const client = createFakeAuthClient(unauthenticated(), {
    signIn: async () => {
      throw new AuthError('invalid_credentials')
    },
  })
  await expect(client.signIn(credentials)).rejects.toMatchObject({ code: 'invalid_credentials' })
  expect(client.getState().status).toBe('unauthenticated')
  expect(client.calls.signIn).toEqual([[credentials]])
})
