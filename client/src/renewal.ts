import { AuthError } from './errors.js'
import { exclusive } from './exclusive.js'
import type { Flow } from './flow.js'
import { ahead, left, type Held } from './held.js'
import { COOLDOWN_MS, type Holder } from './holder.js'
import { abortable, persistently } from './waiting.js'
import type { SignOutReason } from './types.js'

export interface Renewal {
  /** Asks for something newer. One at a time in this tab; never rejects: what came of it is with the holder. */
  renew(): Promise<void>
  /** A token that lives for a while, renewed first if it has to be. */
  token(options?: { minValiditySeconds?: number; signal?: AbortSignal | undefined }): Promise<string>
  /** After a refusal of `used`: the token to try once more with, if there is any hope. */
  mend(used: Held, code: string | undefined): Promise<string | undefined>
}

/** Somebody waits for a token: not for ever, if the holder of the lock is frozen. */
const PATIENCE_MS = 5000

/** `changed` is called when this tab has something newer from the service, or has heard why there is nothing any more. */
export function renewal(
  name: string,
  flow: Flow,
  holder: Holder,
  ready: () => Promise<unknown>,
  changed: (held: Held, over: SignOutReason | null) => void,
): Renewal {
  let renewing: Promise<void> | null = null
  /** When a refusal was last looked into. */
  let doubted = 0

  async function renew() {
    if (holder.failure && Date.now() < holder.failure.until) return
    await (renewing ??= attempts().finally(() => (renewing = null)))
  }

  async function attempts() {
    const first = holder.now
    // Once somebody has signed out, or in anew, nobody waits for this any more.
    const isWanted = () => !first || holder.now?.session.id === first.session.id
    try {
      await persistently(() => exclusive(name, () => attempt(first), PATIENCE_MS), isWanted)
    } catch (error) {
      if (isWanted()) holder.fail(error instanceof AuthError ? error : new AuthError('protocol', { cause: error }))
    }
  }

  /** `used`: from before the wait for the other tabs. What they have renewed meanwhile need not be renewed again. */
  async function attempt(used: Held | null | undefined) {
    const { held, asked } = await flow.renew(used)
    const before = holder.now
    const overdue = Date.now() >= used?.endsAt!
    const reason = !asked ? 'storage_cleared' : overdue ? 'session_expired' : 'session_ended'
    if (held) holder.unproven = null
    // Who is there without having signed in here has done so in another tab.
    holder.take(held, asked && before !== null ? 'here' : 'other-tab', reason)
    const moved = held ?? before
    if (asked && moved && held?.access !== before?.access) changed(moved, held ? null : reason)
  }

  const token: Renewal['token'] = async ({ minValiditySeconds = 0, signal } = {}) => {
    const atFirst = holder.now
    await abortable(ready(), signal)
    const isShort = (share: number, it = holder.now) =>
      it ? left(it) < Math.max(ahead(it) * share, minValiditySeconds * 1000) : it !== null
    if (isShort(1)) {
      const renewed = renew()
      // As long as what there is still does, nobody waits for its successor.
      if (isShort(0.5)) await abortable(renewed, signal)
    }
    const { now, failure } = holder
    if (failure && (!now || left(now) <= 0)) throw failure.error
    if (!now) throw new AuthError('signed_out')
    if (atFirst && atFirst.user.id !== now.user.id) throw new AuthError('user_changed')
    return now.access
  }

  async function mend(used: Held, code: string | undefined) {
    const isCurrent = () => holder.now?.access === used.access
    // Only a refusal of the service's own says anything about the session.
    const expired = code === 'access_expired'
    if (!expired && code !== 'invalid_token') return undefined
    // An API that refuses for reasons of its own must not make a renewal of each refusal.
    const settled = Date.now() - doubted < COOLDOWN_MS && holder.unproven !== used.session.id
    if (isCurrent() && (expired || !settled)) {
      if (!expired) doubted = Date.now()
      await renew()
    }
    const { now, failure } = holder
    if (!isCurrent()) {
      // What one person began is not finished in the name of another.
      return now?.user.id === used.user.id ? now.access : undefined
    }
    if (expired && failure) throw failure.error
    return undefined
  }

  return { renew, token, mend }
}
