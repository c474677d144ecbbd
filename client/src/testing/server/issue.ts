/** What a login, a refresh and an exchange give out: both halves. */

import type { components } from '../../api.js'
import type { SetCookie } from './jar.js'
import { makeSecret, signAccess } from './tokens.js'
import type { OpenSession, World } from './world.js'

const REFRESH_PATH = '/api/auth/refresh'

/** The names follow the scheme, as the service's do. */
export function cookieNames(origin: string) {
  return origin.startsWith('https:')
    ? { access: '__Host-tandem-access', refresh: '__Secure-tandem-refresh', session: '__Host-tandem-session' }
    : { access: 'tandem-access', refresh: 'tandem-refresh', session: 'tandem-session' }
}

/** Freshly signed access tokens of the session as it is now: the body half, and the cookie half. */
export function issueAccess(world: World, session: OpenSession) {
  const { origin, accessTtl, sessionFlowAccessTtl } = world.settings
  const { user } = session.account
  const iat = Math.max(Math.floor(world.now() / 1000), session.tokensNotBefore + 1)
  const lifetime = session.flow === 'dual' ? accessTtl : sessionFlowAccessTtl
  const exp = Math.min(iat + lifetime, Math.floor(session.expiresAt / 1000))
  const claims = { iss: origin, sub: user.id, sid: session.id, gen: session.generation, iat, exp }
  const body = signAccess('body', { ...claims, aud: 'tandem/body', jti: world.newId(), roles: user.roles })
  const cookie = signAccess('cookie', { ...claims, aud: 'tandem/cookie', jti: world.newId(), ctx: user.roles.join() })
  return { body, expiresIn: exp - iat, cookie: setCookie(world, 'access', cookie, world.renewableFor(session)) }
}

/** The answer to a login or a refresh, and its cookies. */
export function grant(world: World, session: OpenSession) {
  const access = issueAccess(world, session)
  const life = world.renewableFor(session)
  const dual = session.flow === 'dual'
  const value: components['schemas']['TokenAnswer'] = {
    access_token: access.body,
    token_type: 'Bearer',
    expires_in: access.expiresIn,
    session: world.describe(session),
    user: session.account.user,
    ...(dual && { refresh_token: makeSecret('body', secretOf(session)), refresh_expires_in: life }),
  }
  return { value, cookies: [access.cookie, renewal(world, session)] }
}

/** The cookie that renews the session. */
export function renewal(world: World, session: OpenSession): SetCookie {
  const life = world.renewableFor(session)
  return session.flow === 'dual'
    ? setCookie(world, 'refresh', makeSecret('cookie', secretOf(session)), life)
    : setCookie(world, 'session', makeSecret('session', secretOf(session)), life)
}

/** Deletes cookies, each by its own path. */
export const expire = (world: World, ...kinds: ('access' | 'refresh' | 'session')[]): SetCookie[] =>
  kinds.map((kind) => setCookie(world, kind, '', 0))

const secretOf = ({ id, generation }: OpenSession) => ({ sessionId: id, generation })

function setCookie(world: World, kind: 'access' | 'refresh' | 'session', value: string, maxAge: number): SetCookie {
  const path = kind === 'refresh' ? REFRESH_PATH : '/'
  return { name: cookieNames(world.settings.origin)[kind], value, path, maxAge }
}
