// @vitest-environment jsdom
import { act, cleanup, render, renderHook } from '@testing-library/react'
import { StrictMode, version, type ReactNode } from 'react'
import { version as domVersion } from 'react-dom'
import { afterEach, expect, test, vi } from 'vitest'
import { createAuthClient } from '../../src/index.js'
import { AuthProvider, useAuth, useAuthEvent, useSession, useUser } from '../../src/react/index.js'
import {
  aUser,
  authenticated,
  createFakeAuthClient,
  unauthenticated,
  unreachable,
  type FakeAuthClient,
} from '../../src/testing/index.js'

const quiet = (event: Event) => event.preventDefault()
afterEach(() => {
  cleanup()
  removeEventListener('error', quiet)
  vi.restoreAllMocks()
})

/** React tells the console of what is thrown on purpose. */
function quietly() {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  addEventListener('error', quiet)
}

const inside =
  (client: FakeAuthClient) =>
  ({ children }: { children: ReactNode }) =>
    (
      <StrictMode>
        <AuthProvider client={client}>{children}</AuthProvider>
      </StrictMode>
    )

test('it is the React that is asked for', () => {
  const wanted = process.env.REACT_MAJOR ?? '19'
  expect([version, domVersion].map((it) => it.split('.')[0])).toEqual([wanted, wanted])
})

test('useSession is the state, and follows it', () => {
  const client = createFakeAuthClient()
  const { result } = renderHook(useSession, { wrapper: inside(client) })
  expect(result.current).toBe(client.getState())
  act(() => client.set(authenticated()))
  expect(result.current).toBe(client.getState())
  expect(result.current.status).toBe('authenticated')
})

test('useAuth has the state and functions that can be taken out', async () => {
  const client = createFakeAuthClient()
  const { result } = renderHook(useAuth, { wrapper: inside(client) })
  expect(result.current).toMatchObject({ status: 'unauthenticated', reason: null })

  const { signIn, signOut, signUp, changePassword, getAccessToken, retry } = result.current
  await act(() => signIn({ email: 'grace@example.com', password: 'p' }))
  expect(result.current).toMatchObject({ status: 'authenticated', user: { email: 'grace@example.com' } })
  await signUp({ email: 'a', password: 'b' })
  await changePassword({ currentPassword: 'a', newPassword: 'b' })
  await getAccessToken({ minValiditySeconds: 5 })
  await retry()
  await act(() => signOut({ everywhere: true }))
  expect(result.current).toMatchObject({ status: 'unauthenticated', reason: 'signed_out' })
  expect(client.calls).toMatchObject({
    signIn: [[{ email: 'grace@example.com', password: 'p' }]],
    signUp: [[{ email: 'a', password: 'b' }]],
    changePassword: [[{ currentPassword: 'a', newPassword: 'b' }]],
    getAccessToken: [[{ minValiditySeconds: 5 }]],
    retry: [[]],
    signOut: [[{ everywhere: true }]],
  })
})

test('of the real client, too, useAuth has all functions', () => {
  const client = createAuthClient({ mode: 'dual', store: 'memory' })
  const { result } = renderHook(useAuth, {
    wrapper: ({ children }) => <AuthProvider client={client}>{children}</AuthProvider>,
  })
  const { signIn, signOut, signUp, changePassword, fetch, getAccessToken, retry } = result.current
  expect([signIn, signOut, signUp, changePassword, fetch, getAccessToken, retry].map((it) => typeof it)).toEqual(
    Array(7).fill('function'),
  )
  client.dispose()
})

test('useAuth is the same object until the state changes, and its functions always are', () => {
  const client = createFakeAuthClient(authenticated())
  const { result, rerender } = renderHook(useAuth, { wrapper: inside(client) })
  const before = result.current
  rerender()
  expect(result.current).toBe(before)
  act(() => client.set(authenticated({ generation: 2 })))
  expect(result.current).not.toBe(before)
  expect(result.current.fetch).toBe(before.fetch)
})

test('useUser is who is signed in, also while the service cannot be reached', () => {
  const client = createFakeAuthClient(authenticated())
  const { result } = renderHook(useUser, { wrapper: inside(client) })
  expect(result.current.email).toBe('ada@example.com')
  act(() => client.set(unreachable({ user: aUser({ email: 'grace@example.com' }) })))
  expect(result.current.email).toBe('grace@example.com')
})

test.each([unauthenticated(), unreachable()])('useUser says that it is in the wrong place: $status', (state) => {
  quietly()
  expect(() => renderHook(useUser, { wrapper: inside(createFakeAuthClient(state)) })).toThrow('useUser outside <RequireAuth>')
})

test('without a provider the hooks say so', () => {
  quietly()
  for (const hook of [useSession, useAuth, useUser, () => useAuthEvent('renewed', () => {})]) {
    expect(() => renderHook(hook)).toThrow('No <AuthProvider>')
  }
})

test('useAuthEvent calls the latest listener once, and none after the end', () => {
  const client = createFakeAuthClient(authenticated())
  const heard: string[] = []
  const Listener = ({ name }: { name: string }) => {
    useAuthEvent('signedOut', ({ reason }) => heard.push(`${name}: ${reason}`))
    return null
  }
  const { rerender, unmount } = render(<Listener name="first" />, { wrapper: inside(client) })
  rerender(<Listener name="second" />)
  act(() => client.emit('signedOut', { reason: 'session_ended', origin: 'other-tab' }))
  expect(heard).toEqual(['second: session_ended'])
  unmount()
  client.emit('signedOut', { reason: 'session_ended', origin: 'other-tab' })
  expect(heard).toHaveLength(1)
})

test('another client takes the place of the first one', () => {
  const Email = () => useUser().email
  const tree = (email: string) => (
    <AuthProvider client={createFakeAuthClient(authenticated({ user: aUser({ email }) }))}>
      <Email />
    </AuthProvider>
  )
  const { container, rerender } = render(tree('ada@example.com'))
  rerender(tree('grace@example.com'))
  expect(container.textContent).toBe('grace@example.com')
})

test('mounting and unmounting calls nothing of the client', () => {
  const client = createFakeAuthClient(authenticated())
  const { unmount } = renderHook(useAuth, { wrapper: inside(client) })
  unmount()
  expect(Object.values(client.calls).flat()).toEqual([])
})
