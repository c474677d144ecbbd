import { AuthError } from '../errors.js'
import type { Authenticated, AuthState, Session, SignOutReason, Unreachable, User } from '../types.js'

const DAY_MS = 24 * 3600 * 1000
const ago = (ms: number) => new Date(Date.now() - ms).toISOString()

export function aUser(user: Partial<User> = {}): User {
  return { id: 'a-user', email: 'ada@example.com', roles: [], created_at: ago(DAY_MS), ...user }
}

export function aSession(session: Partial<Session> = {}): Session {
  return {
    id: 'a-session',
    amr: ['pwd'],
    created_at: ago(0),
    last_seen_at: ago(0),
    expires_at: ago(-30 * DAY_MS),
    current: true,
    ip: '192.0.2.7',
    user_agent: 'Mozilla/5.0',
    ...session,
  }
}

export const booting = (): AuthState => ({ status: 'booting' })

export function authenticated(state: Partial<Omit<Authenticated, 'status'>> = {}): Authenticated {
  const accessExpiresAt = Date.now() + 300_000
  return { status: 'authenticated', user: aUser(), session: aSession(), accessExpiresAt, generation: 1, ...state }
}

export const unauthenticated = (reason: SignOutReason | null = null): AuthState => ({
  status: 'unauthenticated',
  reason,
})

/** Without anybody, as after a first load; give a `user` for somebody who was signed in before. */
export function unreachable(state: Partial<Omit<Unreachable, 'status'>> = {}): Unreachable {
  const error = new AuthError('network')
  return { status: 'unreachable', user: null, session: null, error, retryAt: Date.now() + 5000, ...state }
}
