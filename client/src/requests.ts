/** How the service is spoken to: addresses, time limit, and what its refusals mean. */

import { AuthError, type AuthErrorCode, type Problem } from './errors.js'
import type { AuthClientOptions, RequestEvent } from './types.js'

/** Request, answer and keeping it have to be over before the service stops answering the same once more. */
const TIMEOUT_MS = 10_000

export interface Answer<T> {
  status: number
  body: T
  /** When the request was sent, on the clock of `Date.now()`. */
  asked: number
}

export interface Requests {
  /** The address as a URL, from the service's origin on. */
  resolve(address: string): URL
  /** Whether this address may be sent the token. */
  isOurs(url: URL): boolean
  /** `fetch` as it is. */
  plain: typeof fetch
  /** The same for an address of ours: with cookies, reported. */
  send(url: URL, input: Request | URL, init: RequestInit): Promise<Response>
  /** An operation of the service. Rejects with an `AuthError` if there was no answer, or one with status 429 or 5xx. */
  call<T>(path: string, init?: RequestInit, token?: string): Promise<Answer<T>>
}

export function requests(options: AuthClientOptions, report: (event: RequestEvent) => void): Requests {
  const page = globalThis.location?.origin
  const base = new URL(options.baseUrl || page || 'http://localhost').origin
  const ours = new Set([base, page, ...(options.apiOrigins ?? []).map((origin) => new URL(origin).origin)])
  const plain: typeof fetch = (...args) => (options.fetch ?? fetch)(...args)

  const resolve = (address: string) => new URL(address, options.baseUrl || globalThis.document?.baseURI || base)

  async function send(url: URL, input: Request | URL, init: RequestInit) {
    const begun = Date.now()
    const asIt = input instanceof Request ? input : undefined
    const credentials = init.credentials ?? (asIt?.credentials === 'omit' ? 'omit' : url.origin === page ? 'same-origin' : 'include')
    let status = null
    try {
      const response = await plain(input, { ...init, credentials })
      status = response.status
      return response
    } finally {
      report({
        method: (init.method ?? asIt?.method ?? 'GET').toUpperCase(),
        url: url.origin + url.pathname,
        status,
        bodyHalf: new Headers(init.headers).has('Authorization'),
        cookieHalf: credentials !== 'omit',
        durationMs: Date.now() - begun,
      })
    }
  }

  async function call<T>(path: string, { headers, ...init }: RequestInit = {}, token?: string): Promise<Answer<T>> {
    const asked = Date.now()
    const stop = new AbortController()
    const limit = setTimeout(() => stop.abort(), TIMEOUT_MS)
    const all = new Headers(headers)
    if (token) all.set('Authorization', `Bearer ${token}`)
    const url = resolve(path)
    try {
      // No `keepalive`: an answer that finds no page is of no use, and is sent again on demand.
      const response = await send(url, url, { ...init, headers: all, cache: 'no-store', redirect: 'error', signal: stop.signal })
      const text = await response.text()
      if (response.status === 429 || response.status >= 500) throw refusal(response.status, read(text), response.headers)
      return { status: response.status, body: read(text) as T, asked }
    } catch (cause) {
      if (cause instanceof AuthError) throw cause
      throw stop.signal.aborted
        ? new AuthError('timeout', 'the service did not answer in time', { cause })
        : new AuthError('network', 'the service could not be reached', { cause })
    } finally {
      clearTimeout(limit)
    }
  }

  return { resolve, isOurs: (url) => ours.has(url.origin), plain, send, call }
}

function read(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const json = (method: string, value: unknown): RequestInit => ({
  method,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(value),
})

const AS_THEY_ARE: readonly string[] = [
  'invalid_credentials', 'validation_failed', 'too_many_requests', 'forbidden', 'origin_not_allowed', 'unavailable',
]

/** What a refusal means to the application. The token endpoint says `error` (RFC 6749), all others `code` (RFC 9457). */
export function refusal(status: number, body: unknown, headers?: Headers): AuthError {
  const problem = body as (Problem & { error?: string }) | undefined
  const said = problem?.code ?? problem?.error ?? ''
  const seconds = Number(headers?.get('Retry-After') || NaN)
  let code: AuthErrorCode = 'protocol'
  if (AS_THEY_ARE.includes(said)) code = said as AuthErrorCode
  else if (said === 'access_denied') code = 'origin_not_allowed'
  else if (status === 429) code = 'too_many_requests'
  else if (status >= 500) code = 'unavailable'
  return new AuthError(code, `the service answered ${status} ${said}`, {
    status,
    ...(problem?.code && { problem }),
    ...(seconds >= 0 && { retryAfter: seconds }),
  })
}

/** The code of a problem, without consuming the answer. Anything else has none: it is not the service's. */
export async function codeOf(response: Response): Promise<string | undefined> {
  if (!response.headers.get('Content-Type')?.startsWith('application/problem+json')) return undefined
  return (read(await response.clone().text()) as Problem | undefined)?.code
}
