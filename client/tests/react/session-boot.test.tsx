// @vitest-environment jsdom
// The real client in session mode, from the first drawing to the page, the login or the message.
import { act, cleanup, render, screen } from '@testing-library/react'
import { StrictMode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createAuthClient, type AuthClient } from '../../src/index.js'
import { AuthProvider, RequireAuth, useUser } from '../../src/react/index.js'
import { aSession, aUser } from '../../src/testing/index.js'

const goToLogin = vi.fn()
const inside = vi.fn()
let client: AuthClient
let calls: string[]

beforeEach(() => {
  vi.useFakeTimers()
  vi.clearAllMocks()
  sessionStorage.clear()
  calls = []
})
afterEach(() => {
  cleanup()
  client.dispose()
  vi.useRealTimers()
})

const answers = {
  ok: () => Response.json({ access_token: `h.${btoa('{"sid":"a-session","sub":"a-user","roles":[]}')}.s`, expires_in: 60 }),
  none: () => Response.json({ error: 'invalid_grant' }, { status: 400 }),
  away: () => new Response('<h1>Bad gateway</h1>', { status: 502 }),
}

function load(answer: () => keyof typeof answers, delayMs = 10) {
  client = createAuthClient({
    mode: 'session',
    fetch: async (input) => {
      const { pathname } = new URL((input as Request).url)
      calls.push(pathname)
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      return pathname === '/api/auth/me' ? Response.json({ user: aUser(), session: aSession() }) : answers[answer()]()
    },
  })
  function Page() {
    inside()
    return <p>{useUser().email}</p>
  }
  render(
    <StrictMode>
      <AuthProvider client={client}>
        <RequireAuth onLoginRequired={goToLogin} children={<Page />} />
      </AuthProvider>
    </StrictMode>,
  )
}

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))
const text = () => document.body.textContent

test('somebody is signed in: one exchange, no splash, the page', async () => {
  load(() => 'ok')
  await pass(100)
  expect(text()).toBe('ada@example.com')
  expect(calls).toEqual(['/iam/oauth/token', '/api/auth/me'])
  expect(goToLogin).not.toHaveBeenCalled()
})

test('nobody is: one exchange, one way to the login', async () => {
  load(() => 'none')
  await pass(5000)
  expect(calls).toEqual(['/iam/oauth/token'])
  expect(goToLogin).toHaveBeenCalledExactlyOnceWith({ returnTo: '/', reason: null })
  expect(inside).not.toHaveBeenCalled()
})

test('a slow answer: the splash, then the page', async () => {
  load(() => 'ok', 1500)
  await pass(299)
  expect(text()).toBe('')
  await pass(1)
  expect(text()).toBe('Loading…')
  await pass(2699)
  expect(text()).toBe('Loading…')
  await pass(1)
  expect(text()).toBe('ada@example.com')
})

test('the service is away: the message and the button, never the login; then the page', async () => {
  let now: keyof typeof answers = 'away'
  load(() => now)
  await pass(6000)
  expect(text()).toMatch(/^The service cannot be reached\.Next try in \d+ sTry now$/)
  expect(goToLogin).not.toHaveBeenCalled()
  now = 'ok'
  act(() => screen.getByRole('button').click())
  await pass(1000)
  expect(text()).toBe('ada@example.com')
})
