import type { AuthClient, AuthEvents, AuthState } from '../types.js'

/** A client without a service behind it, for tests of components. */
export interface FakeAuthClient extends AuthClient {
  /** Changes the state, as the real one would. */
  set(state: AuthState): void
  emit<K extends keyof AuthEvents>(event: K, payload: AuthEvents[K]): void
}
