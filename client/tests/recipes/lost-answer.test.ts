// lost-answer.test.ts
import { expect, test } from 'vitest'
import { createAuthClient } from '@tandem-auth/client'
import { fakeAuthServer } from '@tandem-auth/client/testing'

test('a lost answer signs nobody out', async () => {
  const server = fakeAuthServer()
  server.addUser({ email: 'ada@example.com', password: 'a long enough passphrase' })
  server.route('/api/orders', (_request, caller) => [{ id: 'order 7', of: caller?.user.email }])
  const browser = server.browser()
  const auth = createAuthClient({ mode: 'dual', store: 'memory', baseUrl: server.origin, fetch: browser.fetch })
  await auth.signIn({ email: 'ada@example.com', password: 'a long enough passphrase' })

  server.advance(300_000) // milliseconds: the tokens have expired
  server.loseNextResponse('refresh')

  const orders = await auth.fetch('/api/orders')
  expect(await orders.json()).toEqual([{ id: 'order 7', of: 'ada@example.com' }])
  expect(server.counts).toMatchObject({ rotations: 1, resends: 1, reuses: 0 })
  auth.dispose()
})
