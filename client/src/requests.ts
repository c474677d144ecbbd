/** How the service is spoken to: addresses, time limit, and what its refusals mean. */

import { AuthError, type AuthErrorCode, type Problem } from './errors.js'
import type { AuthClientOptions, RequestEvent } from './types.js'

/** Request, answer and keeping it have to be over before the service stops answering the same once more. */
const TIMEOUT_MS = 10_000

export interface Answer<T> {
  body: T
  /** When the request was sent, on the clock of `Date.now()`. */
  askedAt: number
}

export interface Requests {
  /** The whole address, as the page means it. */
  resolve(address: string): string
  /** Whether this address may be sent the token. */
  isOurs(address: string): boolean
  /** `fetch` as it is. */
  plain: typeof fetch
  /** The same with cookies and, if there is a token, with the body half; reported. */
  send(request: Request, token?: string): Promise<Response>
  /** An operation of the service: form, JSON or nothing goes there. Any answer but the expected one is an `AuthError`. */
  call<T>(method: string, path: string, expected: number, token?: string, body?: object): Promise<Answer<T>>
}

export function requests(options: AuthClientOptions, report: (event: RequestEvent) => void): Requests {
  const page = globalThis.location?.origin
  const base = options.baseUrl || page || 'http://localhost'
  const originOf = (address: string) => new URL(address).origin
  const ours = [base, page ?? base, ...(options.apiOrigins ?? [])].map(originOf)
  const plain: typeof fetch = (...args) => (options.fetch ?? fetch)(...args)
  const resolve = (address: string) => new URL(address, options.baseUrl || globalThis.document?.baseURI || base).href

  async function send(request: Request, token?: string) {
    const begun = Date.now()
    const credentials = request.credentials === 'omit' ? 'omit' : 'include'
    if (token) request.headers.set('Authorization', `Bearer ${token}`)
    let status = null
    try {
      const response = await plain(request, { credentials })
      status = response.status
      return response
    } finally {
      report({
        method: request.method,
        url: request.url.split(/[?#]/)[0]!,
        status,
        bodyHalf: !!token,
        cookieHalf: credentials === 'include',
        durationMs: Date.now() - begun,
      })
    }
  }

  async function call<T>(method: string, path: string, expected: number, token?: string, body?: object): Promise<Answer<T>> {
    const askedAt = Date.now()
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const form = body instanceof URLSearchParams
    const init: RequestInit = {
      method,
      // No `keepalive`: an answer that finds no page is of no use, and is sent again on demand.
      cache: 'no-store',
      redirect: 'error',
      signal,
      ...(body && { body: form ? body : JSON.stringify(body) }),
      ...(body && !form && { headers: { 'Content-Type': 'application/json' } }),
    }
    try {
      const response = await send(new Request(resolve(path), init), token)
      const text = parsed(await response.text())
      if (response.status !== expected) throw refusal(response, text)
      return { body: text as T, askedAt }
    } catch (cause) {
      if (cause instanceof AuthError) throw cause
      throw new AuthError(signal.aborted ? 'timeout' : 'network', 'no answer', { cause })
    }
  }

  return { resolve, isOurs: (address) => ours.includes(originOf(address)), plain, send, call }
}

export function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text!)
  } catch {
    return undefined
  }
}

/** What the service says is said on in its own words, as far as an application can do something about it. */
const AS_IT_IS = 'invalid_credentials validation_failed too_many_requests forbidden origin_not_allowed unavailable'.split(' ')
const OTHERWISE: Record<string, AuthErrorCode> = {
  access_denied: 'origin_not_allowed',
  invalid_grant: 'signed_out',
  invalid_token: 'signed_out',
  unauthenticated: 'signed_out',
}

/** The token endpoint says `error` (RFC 6749), all others `code` (RFC 9457); a proxy in between says neither. */
function refusal({ status, headers }: Response, body: unknown): AuthError {
  const problem = (body ?? {}) as Partial<Problem> & { error?: string }
  const said = problem.code ?? problem.error ?? ''
  const known = AS_IT_IS.includes(said) ? (said as AuthErrorCode) : OTHERWISE[said]
  const retryAfter = Number(headers.get('Retry-After'))
  return new AuthError(
    known ?? (status === 429 ? 'too_many_requests' : status >= 500 ? 'unavailable' : 'protocol'),
    `${status} ${said}`,
    { status, ...(retryAfter && { retryAfter }), ...(problem.code && { problem: problem as Problem }) },
  )
}

/** The code of a problem, without consuming the answer. Anything else has none: it is not the service's. */
export async function codeOf(response: Response): Promise<string | undefined> {
  if (!response.headers.get('Content-Type')?.startsWith('application/problem+json')) return undefined
  return (parsed(await response.clone().text()) as Problem | undefined)?.code
}
