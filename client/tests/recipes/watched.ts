// watched.ts
import { createAuthClient } from '@tandem-auth/client'

const watched: typeof fetch = async (request, init) => {
  const { method, url } = request as Request
  const answer = await fetch(request, init)
  console.debug(method, new URL(url).pathname, answer.status)
  return answer
}

export const auth = createAuthClient({ mode: 'dual', fetch: watched })
