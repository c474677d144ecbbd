/** How the service is spoken to: addresses, time limit, and what its refusals mean. */

import { AuthError, type AuthErrorCode, type Problem } from './errors.js'
import type { AuthClientOptions } from './types.js'

/** Request, answer and keeping it have to be over before the service stops answering the same once more. */
const TIMEOUT_MS = 10_000

export interface Answer<T> {
  body: T
  /** When the request was sent, on the clock of `Date.now()`. */
  askedAt: number
}

export interface Requests {
  /** An operation of the service: form, JSON or nothing goes there. Any answer but the expected one is an `AuthError`. */
  call<T>(method: string, path: string, expected: number, token?: string, body?: object): Promise<Answer<T>>
  /** `fetch` with the body half, for addresses that may have it. */
  guarded(withToken: WithToken): typeof fetch
}

/** Sends with a token; mends and sends once more if the service says so. */
export type WithToken = <T>(
  send: (token: string) => Promise<T>,
  code: (result: T) => Promise<string | undefined> | string | undefined,
  signal?: AbortSignal,
  once?: boolean,
) => Promise<T>

export function requests(options: AuthClientOptions): Requests {
  const base = options.baseUrl || globalThis.location?.origin || 'http://localhost'
  const originOf = (address: string) => new URL(address).origin
  const ours = [base, ...(options.apiOrigins ?? [])].map(originOf)
  /** As it is. */
  const plain: typeof fetch = (...args) => (options.fetch ?? fetch)(...args)
  const resolve = (address: string) => new URL(address, options.baseUrl || globalThis.document?.baseURI || base).href

  /** With cookies and, if there is a token, with the body half. */
  async function send(request: Request, token?: string) {
    if (token) request.headers.set('Authorization', `Bearer ${token}`)
    return plain(request, { credentials: request.credentials === 'omit' ? 'omit' : 'include' })
  }

  async function call<T>(method: string, path: string, expected: number, token?: string, body?: object): Promise<Answer<T>> {
    const askedAt = Date.now()
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const json = body && !(body instanceof URLSearchParams)
    const init = {
      method,
      headers: json ? { 'Content-Type': 'application/json' } : {},
      body: json ? JSON.stringify(body) : body,
      // No `keepalive`: an answer that finds no page is of no use, and is sent again on demand.
      cache: 'no-store',
      redirect: 'error',
      signal,
    } as RequestInit
    try {
      const response = await send(new Request(resolve(path), init), token)
      const text = parsed(await response.text())
      if (response.status !== expected || (expected === 200 && !text)) throw refusal(response, text)
      return { body: text as T, askedAt }
    } catch (cause) {
      if (cause instanceof AuthError) throw cause
      throw new AuthError(signal.aborted ? 'timeout' : 'network', { cause })
    }
  }

  const guarded = (withToken: WithToken): typeof fetch => async (input, init) => {
    const request = input instanceof Request ? input : undefined
    const address = request ? request.url : resolve(`${input}`)
    if (!ours.includes(originOf(address))) return plain(request ?? address, init)
    // A request's body can be read once; its copy is for the second time.
    const make = () => new Request(request ? request.clone() : address, init)
    let next: Request | undefined = make()
    // Who brings a header of his own knows what he does.
    if (next.headers.has('Authorization')) return send(next)
    return withToken(
      (token) => {
        const now = next ?? make()
        next = undefined
        return send(now, token)
      },
      (response) => (response.status === 401 ? codeOf(response) : undefined),
      next.signal,
      init?.body instanceof ReadableStream,
    )
  }

  return { call, guarded }
}

export function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text!)
  } catch {
    return undefined
  }
}

/** Of what the service says, that which the status alone does not tell. */
const SAID: Record<string, AuthErrorCode> = {
  invalid_credentials: 'invalid_credentials',
  origin_not_allowed: 'origin_not_allowed',
  access_denied: 'origin_not_allowed',
  invalid_grant: 'signed_out',
  invalid_token: 'signed_out',
}
const BY_STATUS: Record<number, AuthErrorCode> = { 403: 'forbidden', 422: 'validation_failed', 429: 'too_many_requests' }

/** The token endpoint says `error` (RFC 6749), all others `code` (RFC 9457); a proxy in between says neither. */
function refusal({ status, headers }: Response, body: unknown): AuthError {
  const problem = (body ?? {}) as Partial<Problem> & { error?: string }
  const said = problem.code ?? problem.error ?? ''
  return new AuthError(
    SAID[said] ?? BY_STATUS[status] ?? (status < 500 ? 'protocol' : 'unavailable'),
    { status, retryAfter: Number(headers.get('Retry-After')) || undefined, problem: problem as Problem },
  )
}

/** The code of a problem, without consuming the answer. Anything else has none: it is not the service's. */
async function codeOf(response: Response): Promise<string | undefined> {
  if (!response.headers.get('Content-Type')?.startsWith('application/problem+json')) return undefined
  return (parsed(await response.clone().text()) as Problem | undefined)?.code
}
