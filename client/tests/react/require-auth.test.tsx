// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react'
import { StrictMode, useState, type ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AuthProvider, RequireAuth, useUser, type LoginContext } from '../../src/react/index.js'
import {
  aUser,
  authenticated,
  booting,
  createFakeAuthClient,
  unauthenticated,
  unreachable,
  type FakeAuthClient,
} from '../../src/testing/index.js'

beforeEach(() => {
  sessionStorage.clear()
  history.replaceState(null, '', '/')
})
afterEach(cleanup)

function show(client: FakeAuthClient, children: ReactNode) {
  return render(
    <StrictMode>
      <AuthProvider client={client}>{children}</AuthProvider>
    </StrictMode>,
  )
}

/** Writes down that it was there, even if nobody could see it. */
function Secret({ seen = () => {} }: { seen?: (email: string) => void }) {
  const { email } = useUser()
  seen(email)
  return <p>secret of {email}</p>
}

const splash = <p>splash</p>
const offline = <p>offline</p>
const text = () => document.body.textContent

test('its children are there for somebody who is signed in, and never before', () => {
  const client = createFakeAuthClient(booting())
  const seen = vi.fn()
  show(client, <RequireAuth splash={splash} login={<p>login</p>} children={<Secret seen={seen} />} />)
  expect(text()).toBe('splash')
  act(() => client.set(unauthenticated()))
  expect(text()).toBe('login')
  act(() => client.set(booting()))
  expect(text()).toBe('splash')
  act(() => client.set(unreachable()))
  expect(seen).not.toHaveBeenCalled()
  act(() => client.set(authenticated()))
  expect(text()).toBe('secret of ada@example.com')
})

test('a service that cannot be reached takes nothing away', () => {
  const client = createFakeAuthClient(authenticated())
  show(client, <RequireAuth splash={splash} offline={offline} login={null} children={<input />} />)
  const input = document.querySelector('input')!
  input.value = 'half a letter'
  act(() => client.set(unreachable({ user: aUser() })))
  act(() => client.set(authenticated({ generation: 2 })))
  expect(document.querySelector('input')).toBe(input)
})

test('while nobody is known and nobody can be asked, it says so', () => {
  const client = createFakeAuthClient(unreachable())
  const onLoginRequired = vi.fn()
  show(client, <RequireAuth splash={splash} offline={offline} onLoginRequired={onLoginRequired} />)
  expect(text()).toBe('offline')
  expect(onLoginRequired).not.toHaveBeenCalled()
})

test('by itself it has a message, a countdown and a button', () => {
  const client = createFakeAuthClient(unreachable({ retryAt: Date.now() + 4500 }))
  show(client, <RequireAuth splash={splash} onLoginRequired={() => {}} />)
  expect(screen.getByRole('status').textContent).toBe('The service cannot be reached.')
  expect(screen.getByRole('timer').textContent).toBe('Next try in 5 s')
  act(() => screen.getByRole('button', { name: 'Try now' }).click())
  expect(client.calls.retry).toEqual([[]])
})

test('a login is asked for once for each sign-out, by however many guards', async () => {
  const client = createFakeAuthClient(authenticated())
  const asked: string[] = []
  // A new handler with every drawing, as people write it.
  const guard = (name: string) => (
    <RequireAuth splash={splash} onLoginRequired={() => asked.push(name)} children={<Secret />} />
  )
  const page = (
    <>
      {guard('a')}
      {guard('b')}
    </>
  )
  const { rerender } = show(client, page)
  expect(asked).toEqual([])

  act(() => client.set(unauthenticated('session_ended')))
  expect(asked).toHaveLength(1)
  expect(text()).toBe('splashsplash')
  rerender(
    <StrictMode>
      <AuthProvider client={client}>
        {guard('a')}
        {guard('b')}
      </AuthProvider>
    </StrictMode>,
  )
  act(() => client.set(unauthenticated('session_ended')))
  expect(asked).toHaveLength(1)

  await act(async () => client.set(authenticated()))
  await act(async () => client.set(unauthenticated('signed_out')))
  expect(asked).toHaveLength(2)
})

test('who comes back to a guarded page without having signed in is asked again', async () => {
  const client = createFakeAuthClient(unauthenticated())
  const onLoginRequired = vi.fn()
  const guard = <RequireAuth splash={splash} onLoginRequired={onLoginRequired} />
  for (const times of [1, 2, 3, 4]) {
    const { unmount } = show(client, guard)
    expect(onLoginRequired).toHaveBeenCalledTimes(times)
    await act(async () => unmount())
  }
})

test('it says where to come back to, and why', () => {
  history.replaceState(null, '', '/orders/7?open=1#notes')
  const asked: LoginContext[] = []
  show(createFakeAuthClient(unauthenticated('session_expired')), (
    <RequireAuth onLoginRequired={(context) => asked.push(context)} />
  ))
  expect(asked).toEqual([{ returnTo: '/orders/7?open=1#notes', reason: 'session_expired' }])
})

test('an address that another site could be reached by is no place to come back to', () => {
  vi.stubGlobal('location', { pathname: '//evil.example', search: '', hash: '', origin: location.origin })
  const onLoginRequired = vi.fn()
  show(createFakeAuthClient(unauthenticated()), <RequireAuth onLoginRequired={onLoginRequired} />)
  vi.unstubAllGlobals()
  expect(onLoginRequired).toHaveBeenCalledWith({ returnTo: '/', reason: null })
})

test('with a login of its own it may also tell', () => {
  const onLoginRequired = vi.fn()
  const client = createFakeAuthClient(unauthenticated())
  show(client, <RequireAuth login={<p>login</p>} onLoginRequired={onLoginRequired} children={<Secret />} />)
  expect(text()).toBe('login')
  expect(onLoginRequired).toHaveBeenCalledTimes(1)
})

test('nothing that one user has typed or opened is there for the next one', () => {
  const client = createFakeAuthClient(authenticated({ user: aUser({ id: '1' }) }))
  function Draft() {
    const [of] = useState(useUser().id)
    return <p>draft of {of}</p>
  }
  show(client, <RequireAuth login={null} children={<Draft />} />)
  expect(text()).toBe('draft of 1')
  act(() => client.set(authenticated({ user: aUser({ id: '2' }) })))
  expect(text()).toBe('draft of 2')
})

test('children that look for the user are gone before they could miss one', () => {
  const errors = vi.spyOn(console, 'error')
  const client = createFakeAuthClient(authenticated())
  const deep = Array.from({ length: 20 }).reduce<ReactNode>((inner) => <div>{inner}<Secret /></div>, null)
  show(client, <RequireAuth login={<p>login</p>} children={deep} />)
  act(() => client.set(unauthenticated('signed_out')))
  expect(text()).toBe('login')
  expect(errors).not.toHaveBeenCalled()
})
