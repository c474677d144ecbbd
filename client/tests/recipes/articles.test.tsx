// articles.test.tsx
// @vitest-environment jsdom
import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { authenticated, createFakeAuthClient } from '@tandem-auth/client/testing'
import { auth } from './auth'
import { Articles } from './articles'
import { queryClient } from './queries'

vi.mock('./auth', () => ({
  auth: createFakeAuthClient(authenticated(), {
    fetch: async () => Response.json([{ id: 'article 7' }]),
  }),
}))

afterEach(cleanup)

test('lists the articles, and forgets them with the user', async () => {
  render(<QueryClientProvider client={queryClient}><Articles /></QueryClientProvider>)
  await screen.findByText('article 7')
  await auth.signOut()
  expect(queryClient.getQueryData(['articles'])).toBeUndefined()
})
