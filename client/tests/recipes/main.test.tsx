// @vitest-environment jsdom
import { act, fireEvent, screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { createFakeAuthClient, type FakeAuthClient } from '@tandem-auth/client/testing'
import { auth } from './auth'

vi.mock('./auth', () => ({ auth: createFakeAuthClient() }))

test('main: from the login to the page and back', async () => {
  document.body.innerHTML = '<div id="root"></div>'
  await act(() => import('./main'))
  fireEvent.change(screen.getByLabelText('E-mail'), { target: { value: 'grace@example.com' } })
  fireEvent.change(screen.getByLabelText('Password'), { target: { value: 'a password' } })
  fireEvent.click(screen.getByRole('button', { name: 'Sign in' }))
  await screen.findByText('Hello grace@example.com')
  fireEvent.click(screen.getByRole('button', { name: 'Sign out' }))
  await screen.findByRole('button', { name: 'Sign in' })
  expect((auth as FakeAuthClient).calls.signIn).toEqual([[{ email: 'grace@example.com', password: 'a password' }]])
})
