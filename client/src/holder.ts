import type { AuthError } from './errors.js'
import type { Listeners } from './events.js'
import { left, type Held } from './held.js'
import type { AuthState, Origin, SignOutReason } from './types.js'

/** After the last attempt the service is left alone this long, unless a person wishes otherwise. */
export const COOLDOWN_MS = 30_000

/** What is held, and what is shown of it. Here, and nowhere else, one becomes the other. */
export interface Holder {
  state: AuthState
  /** `undefined`: nobody has looked yet, or nobody has got an answer. */
  now: Held | null | undefined
  failure: { error: AuthError; until: number } | null
  /** A session that began here and of which no cookie has been seen to work. */
  unproven: string | null
  take(next: Held | null, origin: Origin, reason?: SignOutReason): void
  fail(error: AuthError): void
  show(state: AuthState): void
}

export function holder(emit: Listeners['emit']): Holder {
  const it: Holder = {
    state: { status: 'booting' },
    now: undefined,
    failure: null,
    unproven: null,
    take(next, origin, reason = 'storage_cleared') {
      const before = it.now
      it.now = next && before ? keepUser(next, before) : next
      if (it.now) entered(it.now, before, origin)
      else ended(before, origin, reason)
    },
    fail(error) {
      const { now } = it
      const lost = !now || left(now) <= 0 || it.state.status === 'booting'
      const wait = Math.max(COOLDOWN_MS, error.retryAfter! * 1000 || 0)
      // Until what is held expires, and no longer: by then there is a token again, or it shows that there is none.
      const retryAt = Date.now() + (lost ? wait : Math.min(wait, left(now)))
      it.failure = { error, until: retryAt }
      const { user = null, session = null } = now ?? {}
      it.show(lost ? { status: 'unreachable', user, session, error, retryAt } : it.state)
      emit('renewFailed', { error, retryAt })
    },
    show(next) {
      it.state = next
      emit('change')
    },
  }

  function entered(next: Held, before: Held | null | undefined, origin: Origin) {
    const { user, session, accessExpiresAt, generation } = next
    const renewed = next.access !== before?.access
    if (renewed) it.failure = null
    if (renewed || it.state.status === 'booting') {
      it.show({ status: 'authenticated', user, session, accessExpiresAt, generation })
    }
    if (before === null) emit('signedIn', { user, origin })
    else if (before && before.user.id !== user.id) emit('userChanged', { from: before.user, to: user })
    else if (before && renewed) emit('renewed', { generation, adopted: origin !== 'here' })
  }

  function ended(before: Held | null | undefined, origin: Origin, reason: SignOutReason) {
    it.failure = null
    if (before?.session.id === it.unproven && reason === 'session_ended') reason = 'cookies_blocked'
    if (before || it.state.status !== 'unauthenticated') it.show({ status: 'unauthenticated', reason: before ? reason : null })
    if (before) emit('signedOut', { reason, origin })
  }

  return it
}

/** The same person stays the same object: nothing is drawn anew. */
const keepUser = (next: Held, before: Held): Held =>
  JSON.stringify(next.user) === JSON.stringify(before.user) ? { ...next, user: before.user } : next
