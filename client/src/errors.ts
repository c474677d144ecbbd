import type { components } from './api.js'

/** The service's own description of an error (RFC 9457). */
export type Problem = components['schemas']['Problem']

/**
 * What can go wrong. The set is closed; a new code is a new minor version.
 *
 * | code | it is |
 * |---|---|
 * | `invalid_credentials` | wrong address or password; never which |
 * | `validation_failed` | a value is not acceptable; `fields` says which and why |
 * | `too_many_requests` | a limit; wait for `retryAfter` seconds |
 * | `forbidden` | not allowed, for example because registration is closed |
 * | `origin_not_allowed` | the page's origin is not among those the service is configured for |
 * | `unavailable` | the service, or what stands in front of it, has a fault or is busy |
 * | `network`, `timeout` | no answer |
 * | `signed_out` | nobody is signed in |
 * | `cookies_blocked` | the sign-in worked and left no cookie behind |
 * | `user_changed` | somebody else signed in while the call waited for a token; it was not sent |
 * | `protocol` | an answer that is not the service's, or a fault of this client |
 */
export type AuthErrorCode =
  | 'invalid_credentials'
  | 'validation_failed'
  | 'too_many_requests'
  | 'forbidden'
  | 'origin_not_allowed'
  | 'unavailable'
  | 'network'
  | 'timeout'
  | 'signed_out'
  | 'cookies_blocked'
  | 'user_changed'
  | 'protocol'

export interface AuthErrorDetails {
  status?: number
  retryAfter?: number | undefined
  problem?: Problem | undefined
  cause?: unknown
}

const RETRYABLE = 'too_many_requests unavailable network timeout'

/** The one error of this package. Its text is for developers; show people something by `code`. */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  /** Whether the same may work later. Such an error never means that somebody is signed out. */
  readonly retryable: boolean
  declare readonly status?: number
  /** Seconds to wait, if the service has said so. */
  declare readonly retryAfter?: number
  declare readonly problem?: Problem

  constructor(readonly code: AuthErrorCode, details: AuthErrorDetails = {}) {
    super(details.problem?.title ?? code)
    this.retryable = RETRYABLE.includes(code)
    Object.assign(this, details)
  }

  /** Messages for a form, by field. The field `''` is the form as a whole. */
  get fields(): Record<string, string> {
    return Object.fromEntries(this.problem?.errors?.map(({ field, message }) => [field, message]) ?? [])
  }
}

/** By its shape, so that two copies of this package agree. */
export function isAuthError(error: unknown): error is AuthError {
  return error instanceof Error && error.name === 'AuthError'
}
