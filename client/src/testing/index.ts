import type { AuthClient, AuthEvents, AuthState } from '../types.js'

export { fakeAuthServer } from './server/index.js'
export type * from './server/types.js'

/** A client without a service behind it, for tests of components. */
export interface FakeAuthClient extends AuthClient {
  /** Changes the state, as the real one would. */
  set(state: AuthState): void
  emit<K extends keyof AuthEvents>(event: K, payload: AuthEvents[K]): void
}
