// login.test.tsx
// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { AuthError } from '@tandem-auth/client'
import { AuthProvider } from '@tandem-auth/client/react'
import { createFakeAuthClient, unauthenticated } from '@tandem-auth/client/testing'
import { Login } from './login'

afterEach(cleanup)

test('says that the password is wrong', async () => {
  const client = createFakeAuthClient(unauthenticated(), {
    signIn: async () => {
      throw new AuthError('invalid_credentials')
    },
  })
  render(<AuthProvider client={client}><Login /></AuthProvider>)
  fireEvent.change(screen.getByLabelText('E-mail'), { target: { value: 'ada@example.com' } })
  fireEvent.change(screen.getByLabelText('Password'), { target: { value: 'not this one' } })
  fireEvent.click(screen.getByRole('button', { name: 'Sign in' }))

  await screen.findByText('The address or the password is wrong.')
  expect(client.calls.signIn).toEqual([[{ email: 'ada@example.com', password: 'not this one' }]])
})
