/** What the outside of this package sees. The rules behind it are in the other files. */

import type { components } from './api.js'
import type { AuthError } from './errors.js'

/** An account, as the service describes it. Times are RFC 3339, UTC. */
export type User = components['schemas']['User']

/** A sign-in in one browser, as the service describes it. `expires_at` is its absolute end. */
export type Session = components['schemas']['Session']

export interface Credentials {
  email: string
  password: string
}

export interface AuthClientOptions {
  /**
   * `dual`: the page keeps the body half of a token pair in a store, and every request brings both
   * halves. `session`: the page keeps nothing; a session cookie is exchanged for a token that lives
   * for a minute, in memory. The documentation of the service says what each of them stops.
   */
  mode: 'dual' | 'session'
  /** The origin of the service. Default: the page's own. Relative addresses given to `fetch` start here. */
  baseUrl?: string
  /** Further origins that may be sent the token. That of the service always is. */
  apiOrigins?: readonly string[]
  /**
   * Where the body half lives, in the dual flow. `shared` (the default) is IndexedDB; `local` is
   * localStorage; both are shared by all tabs. `tab` (sessionStorage) and `memory` are for one tab at a time.
   */
  store?: 'shared' | 'local' | 'tab' | 'memory' | TokenStore
  /** Names the record, the lock and the channel. Only for two clients on one origin. Default: `tandem`. */
  name?: string
  /** In place of the global `fetch`: to log calls, or for tests. It is given a `Request`. */
  fetch?: typeof fetch
}

/** Replaced as a whole whenever something changes, never altered in place. */
export type AuthState =
  /** Not known yet: the page has just been loaded, or come back from the back-forward cache. */
  | { readonly status: 'booting' }
  | Authenticated
  | { readonly status: 'unauthenticated'; readonly reason: SignOutReason | null }
  | Unreachable

export interface Authenticated {
  readonly status: 'authenticated'
  readonly user: User
  readonly session: Session
  /** When the access token expires, on the clock of `Date.now()`. It is renewed before. */
  readonly accessExpiresAt: number
  /** How often the session has been rotated, from 1. `null` in the session flow, which does not rotate. */
  readonly generation: number | null
}

/** The service cannot be asked. Nobody has been signed out; `user` is who was signed in, if that is known. */
export interface Unreachable {
  readonly status: 'unreachable'
  readonly user: User | null
  readonly session: Session | null
  readonly error: AuthError
  /** When the client tries again by itself, on the clock of `Date.now()`. */
  readonly retryAt: number
}

/**
 * Why nobody is signed in.
 *
 * - `signed_out`: somebody asked for it, here or in another tab
 * - `session_expired`: its time had passed
 * - `session_ended`: the service does not take it any more: ended elsewhere, by an administrator, for
 *   reuse of a superseded token, or its cookies were deleted. It does not say which
 * - `storage_cleared`: the browser or a person deleted the page's half
 * - `replaced`: another sign-in in this browser took its place, and the store is not shared
 * - `cookies_blocked`: a sign-in that worked left no cookie behind: blocked by a setting, or the page and
 *   the service are not of one site
 */
export type SignOutReason =
  | 'signed_out'
  | 'session_expired'
  | 'session_ended'
  | 'storage_cleared'
  | 'replaced'
  | 'cookies_blocked'

export interface AuthClient {
  /** The same object until something changes. */
  getState(): AuthState
  /** Called after each change of the state. Returns the end of it. */
  subscribe(listener: () => void): () => void
  /** Called at once, never awaited; what a listener throws goes to the console. Returns the end of it. */
  on<K extends keyof AuthEvents>(event: K, listener: (event: AuthEvents[K]) => void): () => void
  /** The state, as soon as it is not `booting`. Never rejects. */
  ready(): Promise<AuthState>

  /** Makes an account. The answer is the same for an address that has one already. */
  signUp(credentials: Credentials): Promise<void>
  /** Signs in. A session that this browser had ends. Rejects with an `AuthError`. */
  signIn(credentials: Credentials): Promise<User>
  /**
   * Signs out in this browser at once, in all tabs; with `everywhere`, all sessions of the user end.
   * Never rejects. `false`: the service could not be told, and the session lives on there until it expires.
   */
  signOut(options?: { everywhere?: boolean }): Promise<boolean>
  /** Ends all other sessions of the user and opens a new one here. Rejects with an `AuthError`. */
  changePassword(passwords: { currentPassword: string; newPassword: string }): Promise<void>

  /**
   * The body half of the pair, renewed if it does not live for `minValiditySeconds` more. It opens nothing
   * without the cookie half, and belongs in an `Authorization` header: never in an address, never in a log.
   */
  getAccessToken(options?: { minValiditySeconds?: number; signal?: AbortSignal | undefined }): Promise<string>
  /** Asks the service again at once, after `unreachable`. Never rejects. */
  retry(): Promise<AuthState>
  /**
   * `fetch`, with the token for those origins that may have it. Renews ahead of expiry, and repeats a call
   * once if the service says `access_expired`. Needs no `this`. Rejects with an `AuthError` if nobody
   * is signed in (`signed_out`) or the token could not be renewed; otherwise it behaves as `fetch`.
   */
  readonly fetch: typeof fetch

  /** Ends timers, listeners and the channel. Tokens stay where they are. */
  dispose(): void
}

export type Origin = 'here' | 'other-tab'

export interface AuthEvents {
  signedIn: { user: User; origin: Origin }
  signedOut: { reason: SignOutReason; origin: Origin }
  /** Somebody else is signed in now, without a sign-out in between: drop what you keep about `from`. */
  userChanged: { from: User; to: User }
  /** A token was renewed; `adopted`: by another tab. */
  renewed: { generation: number | null; adopted: boolean }
  renewFailed: { error: AuthError; retryAt: number }
}

/** What the page keeps of a session: its body half, and what there is to show at once after a reload. */
export interface TokenRecord {
  readonly version: 1
  /** Counts rotations, from 1. An older generation never takes the place of a newer one. */
  readonly generation: number
  /** The access token. */
  readonly access: string
  /** The refresh token. */
  readonly refresh: string
  /** When the tokens were asked for, on the clock of `Date.now()`. */
  readonly askedAt: number
  /** When the access token expires, on the same clock. */
  readonly accessExpiresAt: number
  /** Until when the session can be refreshed, on the same clock. */
  readonly endsAt: number
  readonly user: User
  readonly session: Session
}

/** A place for one record. */
export interface TokenStore {
  /** Whether all tabs of the origin see the same record. */
  readonly shared: boolean
  /**
   * In one step that no other tab can come between: reads the record, hands it to `decide`, keeps what that
   * returns (`null`: nothing) if it is another, and resolves with it. Without `decide` it only reads.
   * Must be on disk when it resolves: a record that an older one replaces looks like a stolen copy.
   */
  update(decide?: (stored: TokenRecord | null) => TokenRecord | null): Promise<TokenRecord | null>
}
