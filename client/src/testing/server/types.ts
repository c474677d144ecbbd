/** What a test sees of the fake service. */

import type { User } from '../../types.js'

/** Durations are in seconds, as in the service's configuration; the defaults are the service's. */
export interface FakeAuthServerOptions {
  /** Where the service answers. Default: the page's own origin, or `http://localhost` without a page. */
  origin?: string
  /** Further origins whose pages may call it. */
  allowedOrigins?: readonly string[]
  accessTtl?: number
  reuseInterval?: number
  leeway?: number
  sessionIdleTtl?: number
  sessionMaxTtl?: number
  /** Life of a pair in the session flow. */
  sessionFlowAccessTtl?: number
  passwordMinLength?: number
  registration?: 'open' | 'closed'
  /** Milliseconds that each way takes: the request, the headers of the answer, its body. Default: 0. */
  latency?: number | (() => number)
}

/** The operations by their `operationId`; `route` is one of the app's own API. */
export type FakeOperation =
  | 'register' | 'login' | 'refresh' | 'logout' | 'logoutAll' | 'me' | 'listSessions' | 'endOtherSessions'
  | 'endSession' | 'changePassword' | 'passwordLogin' | 'token' | 'sessionLogout' | 'route' | 'unknown'

/** One request, as the network saw it. No token is in it. */
export interface FakeCall {
  readonly operation: FakeOperation
  readonly method: string
  /** Without query. */
  readonly url: string
  readonly bodyHalf: boolean
  readonly cookieHalf: boolean
  /** Of the answer; `null` if none was given, for example offline. The page may have lost it. */
  status: number | null
  /** What the service made of it, in its own words: `rotate`, `resend`, `reuse`, `expired`, `partial`… */
  outcome: string | null
}

export interface FakeCounts {
  readonly calls: Readonly<Record<FakeOperation, number>>
  readonly rotations: number
  readonly resends: number
  /** Sessions ended because a superseded token came back. */
  readonly reuses: number
  /** Refusals by the reason that the service logs and never tells. */
  readonly refusals: Readonly<Record<string, number>>
}

/** Who calls a route of the app's own API. */
export interface FakeCaller {
  readonly user: User
  readonly sessionId: string
  readonly generation: number
}

/** Gives a `Response`, or what is sent as JSON; nothing is a `204`. */
export type FakeRoute = (request: Request, caller: FakeCaller | null) => unknown

export interface FakeCookie {
  readonly name: string
  readonly value: string
  readonly path: string
  /** On the server's clock, in milliseconds. */
  readonly expiresAt: number
}

/** One browser: a cookie jar that its tabs share, and that no page can read. */
export interface FakeBrowser {
  /** The `fetch` of its first tab. */
  readonly fetch: typeof fetch
  /** Another tab. Once closed, it hears nothing any more; what it has sent is under way all the same. */
  tab(): FakeTab
  /** For assertions, and for thieves. */
  readonly cookies: readonly FakeCookie[]
  /** In place of all it has: `[]` clears the jar, an earlier copy sets it back. */
  setCookies(cookies: readonly FakeCookie[]): void
  /** A browser without a network. */
  offline(on: boolean): void
}

export interface FakeTab {
  readonly fetch: typeof fetch
  close(): void
}

export interface FakeBrowserOptions {
  /** Of the page. Default: that of the service. */
  origin?: string
  /** `blocked`: none is kept, none is sent. */
  cookies?: 'kept' | 'blocked'
}

export interface FakeAuthServer {
  readonly origin: string
  browser(options?: FakeBrowserOptions): FakeBrowser
  addUser(account: { email: string; password: string; roles?: readonly string[] }): User

  /**
   * An address of the app's own API: a path, or a whole URL for another origin. `*` at its end stands for
   * anything. What lies under `/api/` is guarded as the service guards it; anything else gets no caller.
   */
  route(address: string, handler: FakeRoute): void

  /** The server's clock, in milliseconds: that of `Date.now()`, and what it was advanced by. */
  now(): number
  /** Time goes by for the server alone. For both, use the fake timers of your test runner. */
  advance(milliseconds: number): void

  /** Faults are for the next call, or the next call of one operation. They add up. */
  loseNextResponse(operation?: FakeOperation): void
  /** Its cookies arrive, its body does not. */
  splitNextResponse(operation?: FakeOperation): void
  /** The server acts at once, its answer is late. */
  delayNext(milliseconds: number, operation?: FakeOperation): void
  /** Answers with a problem of this status and does nothing. */
  failNext(status: number, operation?: FakeOperation): void
  /** The same for all calls, for a while on the server's clock. `retryAfter` in seconds. */
  failFor(milliseconds: number, options?: { status?: number; retryAfter?: number; operation?: FakeOperation }): void
  /** Nobody reaches it. */
  offline(on: boolean): void

  /** As from another device: one session of the account, or all. */
  endSessions(email: string, sessionId?: string): void
  /** Access tokens from before answer `access_expired`. */
  setRoles(email: string, roles: readonly string[]): void
  disableUser(email: string): void

  /** All calls so far, oldest first. */
  readonly calls: readonly FakeCall[]
  readonly counts: FakeCounts
  /** Begins both anew. */
  clearCalls(): void
}
