import type { components } from '../../api.js'
import type { SetCookie } from './jar.js'

export type ProblemCode = components['schemas']['Problem']['code']
export type FieldError = NonNullable<components['schemas']['Problem']['errors']>[number]

/** `outcome` is for the test, never for the page. */
export interface Answer {
  readonly response: Response
  readonly cookies: readonly SetCookie[]
  readonly outcome: string | null
}

interface Beside {
  cookies?: readonly SetCookie[]
  outcome?: string | null
}

export function answer(response: Response, { cookies = [], outcome = null }: Beside = {}): Answer {
  return { response, cookies, outcome }
}

export const empty = (status: number, beside?: Beside) => answer(new Response(null, { status }), beside)

export const json = (value: unknown, beside?: Beside) =>
  answer(respond(200, 'application/json; charset=utf-8', value), beside)

const respond = (status: number, type: string, value: unknown, headers?: Record<string, string>) =>
  new Response(JSON.stringify(value), { status, headers: { 'content-type': type, ...headers } })

const PROBLEMS: Record<ProblemCode, readonly [status: number, title: string]> = {
  invalid_request: [400, 'The request cannot be read'],
  invalid_credentials: [401, 'The address or the password is wrong'],
  unauthenticated: [401, 'Authentication is needed'],
  access_expired: [401, 'The access tokens have expired'],
  invalid_token: [401, 'The tokens are not valid'],
  origin_not_allowed: [403, 'This origin may not call this operation'],
  forbidden: [403, 'This is not allowed'],
  not_found: [404, 'There is nothing here'],
  method_not_allowed: [405, 'This method is not supported here'],
  payload_too_large: [413, 'The request body is too large'],
  unsupported_media_type: [415, 'The request body has the wrong type'],
  validation_failed: [422, 'Some values are not acceptable'],
  too_many_requests: [429, 'Too many requests'],
  internal: [500, 'Something went wrong here'],
  unavailable: [503, 'The service cannot answer right now'],
}

export interface ProblemDetails extends Beside {
  errors?: readonly FieldError[]
  detail?: string
  retryAfter?: number | undefined
}

let requests = 0

export function problem(origin: string, code: ProblemCode, details: ProblemDetails = {}): Answer {
  const { errors, detail, retryAfter = code === 'unavailable' ? 1 : undefined } = details
  const [status, title] = PROBLEMS[code]
  const type = `${origin}/problems/${code.replaceAll('_', '-')}`
  const request_id = `fa4e${(++requests).toString(16).padStart(20, '0')}`
  const value = { type, title, status, code, detail, errors, request_id }
  const headers = { ...challenge(code), ...(retryAfter !== undefined && { 'retry-after': `${retryAfter}` }) }
  return answer(respond(status, 'application/problem+json', value, headers), details)
}

/** RFC 6750 section 3: no `error` where no credentials were shown. */
function challenge(code: ProblemCode): Record<string, string> {
  if (PROBLEMS[code][0] !== 401) return {}
  const shown = code === 'access_expired' || code === 'invalid_token' ? ', error="invalid_token"' : ''
  return { 'www-authenticate': `Bearer realm="tandem"${shown}` }
}

/** The problem of a status that a test asks for. */
export function problemOfStatus(origin: string, status: number, retryAfter?: number): Answer {
  const codes = Object.keys(PROBLEMS) as ProblemCode[]
  const code = codes.find((code) => PROBLEMS[code][0] === status)
  if (code) return problem(origin, code, { retryAfter, outcome: 'fault' })
  // A proxy's own page.
  const headers: Record<string, string> = { 'content-type': 'text/html' }
  if (retryAfter !== undefined) headers['retry-after'] = `${retryAfter}`
  return answer(new Response('<h1>Not from here</h1>', { status, headers }), { outcome: 'fault' })
}

/** RFC 6749 section 5.2. */
export function oauthError(status: number, error: string, error_description: string, retryAfter?: number): Answer {
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': `${retryAfter}` }
  const response = respond(status, 'application/json', { error, error_description }, headers)
  return answer(response, { outcome: error })
}
