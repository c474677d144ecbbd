// orders.test.tsx
// @vitest-environment jsdom
import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { authenticated, createFakeAuthClient } from '@tandem-auth/client/testing'
import { auth } from './auth'
import { Orders } from './orders'
import { queryClient } from './queries'

vi.mock('./auth', () => ({
  auth: createFakeAuthClient(authenticated(), {
    fetch: async () => Response.json([{ id: 'order 7' }]),
  }),
}))

afterEach(cleanup)

test('lists the orders, and forgets them with the user', async () => {
  render(<QueryClientProvider client={queryClient}><Orders /></QueryClientProvider>)
  await screen.findByText('order 7')
  await auth.signOut()
  expect(queryClient.getQueryData(['orders'])).toBeUndefined()
})
