/** The session flow: a cookie, exchanged for a pair that lives shortly. */

import { answer, empty, oauthError, problem, type Answer } from './answers.js'
import { cookieOf, type Call } from './guard.js'
import { expire, issueAccess, renewal } from './issue.js'
import { readSecret } from './tokens.js'
import type { Account, OpenSession, World } from './world.js'

const GRANTS = ['session', 'urn:tandem:params:oauth:grant-type:session']

export function passwordLogin(world: World, call: Call, account: Account): Answer {
  const before = sessionOfCookie(world, call)
  if (before) before.ended = true
  const session = world.openSession(account, 'session')
  return empty(204, { cookies: [...expire(world, 'access', 'refresh'), renewal(world, session)] })
}

export async function token(world: World, call: Call): Promise<Answer> {
  if (!mayCall(world, call)) return oauthError(403, 'access_denied', 'this origin may not ask for tokens')
  const type = call.request.headers.get('content-type') ?? ''
  if (!type.startsWith('application/x-www-form-urlencoded')) {
    return oauthError(400, 'invalid_request', 'send a form')
  }
  const grant = new URLSearchParams(await call.request.text()).get('grant_type')
  if (grant === null) return oauthError(400, 'invalid_request', 'grant_type is missing')
  if (!GRANTS.includes(grant)) return oauthError(400, 'unsupported_grant_type', 'only session')
  return exchange(world, sessionOfCookie(world, call))
}

function exchange(world: World, session: OpenSession | null): Answer {
  if (!session || !world.isAlive(session)) return oauthError(400, 'invalid_grant', 'there is no session: log in')
  const access = issueAccess(world, session)
  const moves = world.now() >= session.lastSeenAt + 60_000
  if (moves) world.touch(session)
  const value = { access_token: access.body, token_type: 'Bearer', expires_in: access.expiresIn }
  const headers = { 'content-type': 'application/json' }
  return answer(new Response(JSON.stringify(value), { headers }), {
    cookies: moves ? [access.cookie, renewal(world, session)] : [access.cookie],
    outcome: 'minted',
  })
}

export function sessionLogout(world: World, call: Call): Answer {
  if (!mayCall(world, call)) return problem(world.settings.origin, 'origin_not_allowed', { outcome: 'origin' })
  const session = sessionOfCookie(world, call)
  if (!session) return empty(204)
  session.ended = true
  return empty(204, { cookies: expire(world, 'access', 'refresh', 'session') })
}

function sessionOfCookie(world: World, call: Call): OpenSession | null {
  const secret = readSecret('session', cookieOf(world, call, 'session'))
  return (secret && world.sessions.get(secret.sessionId)) ?? null
}

const mayCall = ({ settings }: World, { origin }: Call) =>
  origin === settings.origin || settings.allowedOrigins.includes(origin)
