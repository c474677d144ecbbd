// @vitest-environment jsdom
import { act, cleanup, render } from '@testing-library/react'
import { StrictMode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AuthProvider, RequireAuth } from '../../src/react/index.js'
import { authenticated, booting, createFakeAuthClient, unauthenticated } from '../../src/testing/index.js'
import type { SignOutReason } from '../../src/index.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  sessionStorage.clear()
  history.replaceState(null, '', '/orders')
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const goToLogin = vi.fn()
beforeEach(() => goToLogin.mockReset())

// A page that is left is never taken down by React. What it shares with the next one is sessionStorage.
async function load({ booted = unauthenticated() as ReturnType<typeof unauthenticated> } = {}) {
  const client = createFakeAuthClient(booting())
  const { container, unmount } = render(
    <StrictMode>
      <AuthProvider client={client}>
        <RequireAuth splash={<p>splash</p>} onLoginRequired={goToLogin} children={<p>inside</p>} />
        <RequireAuth splash={null} onLoginRequired={goToLogin} />
      </AuthProvider>
    </StrictMode>,
  )
  await act(async () => client.set(booted))
  return { client, unmount, alert: () => container.querySelector('[role=alert]'), text: () => container.textContent }
}

const seconds = (n: number) => vi.setSystemTime(Date.now() + n * 1000)

test('a login that comes back twice with nobody signed in is not asked for a third time', async () => {
  for (const times of [1, 2]) {
    const { alert, text } = await load()
    expect([goToLogin.mock.calls.length, alert(), text()]).toEqual([times, null, 'splash'])
    seconds(10)
  }
  const { alert, text } = await load({ booted: unauthenticated('session_ended') })
  expect(goToLogin).toHaveBeenCalledTimes(2)
  expect(text()).toContain('Signing in does not last (session_ended). Are cookies blocked?')

  act(() => alert()!.querySelector('button')!.click())
  expect(goToLogin).toHaveBeenLastCalledWith({ returnTo: '/orders', reason: 'session_ended' })
  expect(goToLogin).toHaveBeenCalledTimes(3)
})

test('neither is one that ended each time what it began', async () => {
  for (const _ of [1, 2]) {
    const { client } = await load({ booted: authenticated() as never })
    await act(async () => client.set(unauthenticated('session_ended')))
    expect(goToLogin).toHaveBeenCalledTimes(_)
  }
  const { client, alert } = await load({ booted: authenticated() as never })
  await act(async () => client.set(unauthenticated('session_ended')))
  expect(alert()).not.toBeNull()
  expect(goToLogin).toHaveBeenCalledTimes(2)
})

test('the message goes when somebody is signed in after all', async () => {
  for (const _ of [1, 2]) await load()
  const { client, text } = await load()
  await act(async () => client.set(authenticated()))
  expect(text()).toBe('inside')
  await act(async () => client.set(unauthenticated('signed_out')))
  expect(text()).toBe('splash')
  expect(goToLogin).toHaveBeenCalledTimes(3)
})

test('slower than twice in half a minute goes on', async () => {
  for (const times of [1, 2, 3, 4]) {
    await load()
    expect(goToLogin).toHaveBeenCalledTimes(times)
    seconds(16)
  }
})

test('signing out, however often, is no circle', async () => {
  for (const times of [1, 2, 3, 4]) {
    const { client } = await load({ booted: authenticated() as never })
    await act(async () => client.set(unauthenticated('signed_out')))
    expect(goToLogin).toHaveBeenCalledTimes(times)
  }
})

test('a login that is a part of the same page is none either', async () => {
  for (const times of [1, 2, 3, 4]) {
    const { unmount } = await load()
    expect(goToLogin).toHaveBeenCalledTimes(times)
    await act(async () => unmount()) // the router shows the login in its place
  }
})

test('nor is a form in place of the page', async () => {
  for (const times of [1, 2, 3, 4]) {
    render(
      <AuthProvider client={createFakeAuthClient(unauthenticated())}>
        <RequireAuth login={<p>form</p>} onLoginRequired={goToLogin} />
      </AuthProvider>,
    )
    expect(goToLogin).toHaveBeenCalledTimes(times)
  }
  expect(document.body.textContent).toBe('form'.repeat(4))
})

test('nor are four different pages', async () => {
  for (const path of ['/a', '/b', '/c', '/d']) {
    history.replaceState(null, '', path)
    await load()
  }
  expect(goToLogin).toHaveBeenCalledTimes(4)
})

test('nor is coming back by the button of the browser', async () => {
  const { client } = await load()
  for (const times of [2, 3, 4]) {
    await act(async () => client.set(booting())) // into the back-forward cache
    await act(async () => client.set(unauthenticated()))
    expect(goToLogin).toHaveBeenCalledTimes(times)
  }
})

test('a page that hides itself as it is left still counts', async () => {
  for (const _ of [1, 2]) {
    const { client } = await load()
    await act(async () => client.set(booting()))
  }
  const { alert } = await load()
  expect(alert()).not.toBeNull()
})

test('another message may take its place', async () => {
  for (const _ of [1, 2, 3]) {
    cleanup()
    render(
      <AuthProvider client={createFakeAuthClient(unauthenticated('cookies_blocked' satisfies SignOutReason))}>
        <RequireAuth loop={<p>Bitte Cookies erlauben</p>} onLoginRequired={goToLogin} />
      </AuthProvider>,
    )
  }
  expect(document.body.textContent).toBe('Bitte Cookies erlauben')
})

test('where sessionStorage is blocked the login is asked for', async () => {
  vi.stubGlobal('sessionStorage', {
    getItem() {
      throw new DOMException('blocked', 'SecurityError')
    },
  })
  for (const times of [1, 2, 3]) {
    await load()
    expect(goToLogin).toHaveBeenCalledTimes(times)
  }
})
