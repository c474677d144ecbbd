import type { AuthClient, AuthClientOptions } from './types.js'

/** Makes a client. One for a page: make it in a module of its own and import it where it is needed. */
export function createAuthClient(_options: AuthClientOptions): AuthClient {
  throw new Error('not yet')
}
