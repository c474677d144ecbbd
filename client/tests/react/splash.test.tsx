// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react'
import { StrictMode, type ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AuthProvider, RequireAuth, Splash } from '../../src/react/index.js'
import {
  aUser,
  authenticated,
  booting,
  createFakeAuthClient,
  unauthenticated,
  unreachable,
  type FakeAuthClient,
} from '../../src/testing/index.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const show = (client: FakeAuthClient, children: ReactNode) =>
  render(
    <StrictMode>
      <AuthProvider client={client}>{children}</AuthProvider>
    </StrictMode>,
  )
const guard = (client: FakeAuthClient, splash?: ReactNode) =>
  show(client, <RequireAuth splash={splash} login={<p>login</p>} children={<p>inside</p>} />)

const pass = (ms: number) => act(() => vi.advanceTimersByTime(ms))
const status = () => screen.getByRole('status').textContent
const text = () => document.body.textContent

test('nothing is shown for 300 ms; then it says that the page is loading, after 8 s that it still tries', () => {
  show(createFakeAuthClient(booting()), <Splash>logo</Splash>)
  pass(299)
  expect(text()).toBe('')
  expect(status()).toBe('') // there from the beginning: or nobody would hear of it
  pass(1)
  expect(status()).toBe('Loading…')
  expect(text()).toContain('logo')
  pass(7699)
  expect(status()).toBe('Loading…')
  pass(1)
  expect(status()).toBe('Still trying…')
})

test('a page that knows within 300 ms shows no splash at all', () => {
  const client = createFakeAuthClient(booting())
  guard(client)
  pass(299)
  act(() => client.set(authenticated()))
  expect(text()).toBe('inside')
  pass(5000)
  expect(text()).toBe('inside')
})

test.each([
  ['inside', authenticated()],
  ['login', unauthenticated()],
] as const)('once shown it stays for 400 ms, then %s', (after, state) => {
  const client = createFakeAuthClient(booting())
  guard(client)
  pass(301)
  act(() => client.set(state))
  pass(398)
  expect(text()).toBe('Loading…')
  pass(1)
  expect(text()).toBe(after)
})

test('it does not stay to say what need not bother anybody', () => {
  const client = createFakeAuthClient(booting())
  guard(client)
  pass(301)
  act(() => client.set(unreachable({ user: aUser() })))
  expect(text()).toBe('inside')
})

test('gone before its time, it holds nothing back', () => {
  const client = createFakeAuthClient(booting())
  show(client, <RequireAuth offline={<p>offline</p>} login={null} children={<p>inside</p>} />)
  pass(301)
  act(() => client.set(unreachable()))
  expect(text()).toBe('offline')
  act(() => client.set(authenticated()))
  expect(text()).toBe('inside')
})

test('shown for long enough, it goes at once', () => {
  const client = createFakeAuthClient(booting())
  guard(client)
  pass(700)
  act(() => client.set(authenticated()))
  expect(text()).toBe('inside')
})

test('the times are yours', () => {
  const client = createFakeAuthClient(booting())
  guard(client, <Splash delayMs={0} minMs={1000} />)
  pass(0)
  expect(status()).toBe('Loading…')
  act(() => client.set(authenticated()))
  pass(999)
  expect(status()).toBe('Loading…')
  pass(1)
  expect(text()).toBe('inside')
})

test('a splash of your own goes at once', () => {
  const client = createFakeAuthClient(booting())
  guard(client, <p>mine</p>)
  pass(301)
  act(() => client.set(authenticated()))
  expect(text()).toBe('inside')
})

test('a splash among the children holds nothing back', () => {
  const client = createFakeAuthClient(authenticated())
  show(client, <RequireAuth login={null} children={<Splash />} />)
  const [was] = screen.getAllByRole('status')
  pass(300)
  expect(status()).toBe('Loading…')
  pass(10_000)
  expect(screen.getByRole('status')).toBe(was)
})

test('when the service cannot be reached it counts down, and tries when it is told to', async () => {
  const client = createFakeAuthClient(booting())
  guard(client)
  pass(100)
  const was = screen.getByRole('status')
  act(() => client.set(unreachable({ retryAt: Date.now() + 2000 })))
  expect(screen.getByRole('status')).toBe(was)
  expect(status()).toBe('The service cannot be reached.')
  const timer = () => screen.getByRole('timer').textContent
  expect(timer()).toBe('Next try in 2 s')
  pass(1000)
  expect(timer()).toBe('Next try in 1 s')
  pass(5000)
  expect(timer()).toBe('Still trying…')

  act(() => client.set(unreachable({ retryAt: Date.now() + 10_000 })))
  expect(timer()).toBe('Next try in 10 s')
  act(() => screen.getByRole('button', { name: 'Try now' }).click())
  expect(client.calls.retry).toHaveLength(1)
  expect(status()).toBe('Still trying…')
  await act(async () => {})
  expect(status()).toBe('The service cannot be reached.')

  act(() => client.set(authenticated()))
  pass(10_000)
  expect(text()).toBe('inside')
})

test('a splash of your own and the message that the service is away take turns without a flicker', () => {
  const client = createFakeAuthClient(unreachable())
  guard(client, <p>mine</p>)
  const was = screen.getByRole('status')
  pass(3000)
  expect(screen.getByRole('status')).toBe(was)
  act(() => client.set(authenticated()))
  expect(text()).toBe('inside')
})

test('all texts can be said in another language', () => {
  const client = createFakeAuthClient(booting())
  const labels = {
    loading: 'Lädt…',
    slow: 'Es dauert…',
    unreachable: 'Keine Verbindung.',
    retryIn: (s: number) => `Noch ${s}`,
    retry: 'Jetzt',
  }
  show(client, <Splash labels={labels} className="splash" />)
  pass(300)
  expect(text()).toBe('Lädt…')
  pass(8000)
  expect(text()).toBe('Es dauert…')
  act(() => client.set(unreachable({ retryAt: Date.now() + 3000 })))
  expect(text()).toBe('Keine Verbindung.Noch 3Jetzt')
  expect(document.querySelector('.splash')!.contains(screen.getByRole('status'))).toBe(true)
})

test('no timer is left behind', () => {
  const client = createFakeAuthClient(unreachable())
  const { unmount } = show(client, <Splash />)
  expect(vi.getTimerCount()).toBeGreaterThan(0)
  unmount()
  expect(vi.getTimerCount()).toBe(0)
})
