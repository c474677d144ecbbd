/** Both halves, together: the guard of every protected operation. */

import { problem, type Answer, type ProblemCode } from './answers.js'
import { cookieNames } from './issue.js'
import { readAccess, type Claims } from './tokens.js'
import type { FakeCookie } from './types.js'
import type { OpenSession, World } from './world.js'

/** A request that has arrived. */
export interface Call {
  readonly request: Request
  readonly path: string
  readonly cookies: readonly FakeCookie[]
  /** Of the page that asks. */
  readonly origin: string
}

export interface Halves {
  readonly body: string | null
  readonly cookie: string | null
}

/** A genuine pair, whatever time has done to it. */
export interface Pair {
  readonly body: Claims
  readonly cookie: Claims
  readonly session: OpenSession
}

export const cookieOf = (world: World, call: Call, kind: 'access' | 'refresh' | 'session') =>
  call.cookies.find(({ name }) => name === cookieNames(world.settings.origin)[kind])?.value

export function presentedHalves(world: World, call: Call): Halves {
  const line = call.request.headers.get('authorization')
  // What cannot be a token is a bad one, never an absent one.
  const body = line === null ? null : (/^bearer ([^ ]+)$/i.exec(line)?.[1] ?? '')
  return { body, cookie: cookieOf(world, call, 'access') ?? null }
}

/** Two genuine halves of one session; otherwise what is wrong. */
export function genuinePair(world: World, { body, cookie }: Halves): Pair | string {
  const read = { body: readAccess('body', body ?? ''), cookie: readAccess('cookie', cookie ?? '') }
  if (!read.body || !read.cookie) return 'malformed'
  if (read.body.iss !== world.settings.origin || read.cookie.iss !== world.settings.origin) return 'audience'
  if (read.body.sid !== read.cookie.sid || read.body.sub !== read.cookie.sub) return 'mismatch'
  const session = world.sessions.get(read.body.sid)
  return session ? { body: read.body, cookie: read.cookie, session } : 'unknown_session'
}

/** The pair if it opens the door now, or the answer that it does not. */
export function guard(world: World, call: Call): Pair | Answer {
  const refuse = (code: ProblemCode, outcome: string) => problem(world.settings.origin, code, { outcome })
  const halves = presentedHalves(world, call)
  if (halves.body === null && halves.cookie === null) return refuse('unauthenticated', 'unauthenticated')
  if (halves.body === null || halves.cookie === null) return refuse('invalid_token', 'missing')
  const pair = genuinePair(world, halves)
  if (typeof pair === 'string') return refuse('invalid_token', pair)
  if (pair.session.ended || !pair.session.account.enabled) return refuse('invalid_token', 'ended')
  const stale = staleness(world, pair)
  if (stale) return refuse('access_expired', stale)
  acknowledge(world, pair.session, pair.body.gen)
  return pair
}

/** What a refresh mends. */
function staleness(world: World, { body, cookie, session }: Pair): string | null {
  if (cookie.ctx !== body.roles?.join()) return 'context'
  if (world.now() >= (Math.min(body.exp, cookie.exp) + world.settings.leeway) * 1000) return 'expired'
  return Math.min(body.iat, cookie.iat) <= session.tokensNotBefore ? 'not_before' : null
}

/** The first sight of the body half of the current generation: it has arrived. */
export function acknowledge(world: World, session: OpenSession, generation: number): void {
  if (generation === session.generation) session.acknowledgedAt ??= world.now()
}
