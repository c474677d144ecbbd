// queries.ts
import { QueryClient } from '@tanstack/react-query'
import { isAuthError } from '@tandem-auth/client'
import { auth } from './auth'

export const queryClient = new QueryClient({
  defaultOptions: {
    // Nobody signed in, a refusal: no second try mends that.
    queries: { retry: (failures, error) => failures < 2 && !(isAuthError(error) && !error.retryable) },
  },
})

// What one user has loaded is not for the next one.
auth.on('signedOut', () => queryClient.clear())
auth.on('userChanged', () => queryClient.clear())

export async function getJson(path: string, signal?: AbortSignal) {
  const response = await auth.fetch(path, { signal })
  if (!response.ok) throw new Error(`${path} answered ${response.status}`)
  return response.json()
}
