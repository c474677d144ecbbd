// profile.test.tsx
// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { AuthProvider, RequireAuth } from '@tandem-auth/client/react'
import { aUser, authenticated, createFakeAuthClient, unauthenticated } from '@tandem-auth/client/testing'
import { Profile } from './profile'

afterEach(cleanup)

test('greets who is signed in, and signs out', async () => {
  const client = createFakeAuthClient(authenticated({ user: aUser({ email: 'grace@example.com' }) }))
  render(
    <AuthProvider client={client}>
      <RequireAuth login={<p>Please sign in</p>}>
        <Profile />
      </RequireAuth>
    </AuthProvider>,
  )
  screen.getByText('Hello grace@example.com')

  fireEvent.click(screen.getByRole('button', { name: 'Sign out' }))
  await screen.findByText('Please sign in')
  expect(client.calls.signOut).toHaveLength(1)
})

test('a sign-out in another tab', () => {
  const client = createFakeAuthClient(authenticated())
  render(
    <AuthProvider client={client}>
      <RequireAuth login={<p>Please sign in</p>}>
        <Profile />
      </RequireAuth>
    </AuthProvider>,
  )
  act(() => client.set(unauthenticated('signed_out')))
  screen.getByText('Please sign in')
})
