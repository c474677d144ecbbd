/** How the service is spoken to: addresses, time limit, and what its refusals mean. */

import { AuthError, type AuthErrorCode, type Problem } from './errors.js'
import type { AuthClientOptions } from './types.js'

export interface Answer<T> {
  body: T
  /** When the request was sent, on the clock of `Date.now()`. */
  askedAt: number
}

export interface Requests {
  /** An operation of the service: form, JSON or nothing goes there. Any answer but the expected one is an `AuthError`. */
  call<T>(path: string, expected: number, token?: string, body?: object, method?: string): Promise<Answer<T>>
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

  async function call<T>(path: string, expected: number, token?: string, body?: object, method = 'POST'): Promise<Answer<T>> {
    const askedAt = Date.now()
    // Request, answer and keeping it have to be over before the service stops answering the same once more.
    const signal = AbortSignal.timeout(10_000)
    const json = body && !(body instanceof URLSearchParams)
    const init = {
      method,
      headers: json ? { 'Content-Type': 'application/json' } : {},
      body: json ? JSON.stringify(body) : body,
      // Who is told nothing but "done" may be gone by then. An answer with a token is of no use without its page.
      keepalive: expected === 204,
      cache: 'no-store',
      redirect: 'error',
      signal,
    } as RequestInit
    try {
      // Not from the document's base, which is as good as whoever could write into the page.
      const response = await send(new Request(new URL(path, base), init), token)
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

/**
 * Of what the service says, that which the status alone does not tell: the `code` of a problem (RFC 9457), or
 * the `error` of the token endpoint (RFC 6749), here after a status, so that a gateway's word is not taken for it.
 */
const SAID: Record<string, AuthErrorCode> = {
  invalid_credentials: 'invalid_credentials',
  origin_not_allowed: 'origin_not_allowed',
  '403access_denied': 'origin_not_allowed',
  '400invalid_grant': 'signed_out',
  invalid_token: 'signed_out',
}
const BY_STATUS: Record<number, AuthErrorCode> = { 403: 'forbidden', 422: 'validation_failed', 429: 'too_many_requests' }

function refusal(response: Response, body: unknown): AuthError {
  const { status, headers } = response
  const problem = isProblem(response) ? (body as Problem) : undefined
  const said = problem ? problem.code : `${status}${(body as { error?: string } | undefined)?.error}`
  const code = SAID[said] ?? BY_STATUS[status] ?? 'protocol'
  // Nothing but a problem of its own goes on from here: what else came may hold tokens.
  return new AuthError(status < 500 ? code : 'unavailable', {
    status,
    retryAfter: Number(headers.get('Retry-After')) || undefined,
    problem,
  })
}

const isProblem = ({ headers }: Response) => headers.get('Content-Type')?.includes('problem+json')

/** The code of a problem, without consuming the answer. Anything else has none: it is not the service's. */
const codeOf = async (response: Response) =>
  isProblem(response) ? (parsed(await response.clone().text()) as Problem | undefined)?.code : undefined
