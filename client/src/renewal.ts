import { AuthError, isAuthError } from './errors.js'
import { exclusive } from './exclusive.js'
import type { Flow } from './flow.js'
import { ahead, left, type Held } from './held.js'
import { COOLDOWN_MS, type Holder } from './holder.js'
import { abortable, pause } from './waiting.js'
import type { SignOutReason } from './types.js'

/** Between attempts. */
export const PAUSES_MS = [300, 900, 2700]
/** Attempts end after this, however slow each of them was. */
const PATIENCE_MS = 10_000

export interface Renewal {
  /** Asks for something newer. One at a time in this tab; never rejects: what came of it is with the holder. */
  renew(): Promise<void>
  /** A token that lives for a while, renewed first if it has to be. */
  token(options?: { minValiditySeconds?: number; signal?: AbortSignal | null | undefined }): Promise<string>
  /** After a refusal of `used`: the token to try once more with, if there is any hope. */
  mend(used: Held, code: string | undefined): Promise<string | undefined>
}

interface Parts {
  name: string
  flow: Flow
  holder: Holder
  life: AbortSignal
  ready(): Promise<unknown>
  /** Called when a renewal by this tab has changed what is held, and why if it is over. */
  changed(next: Held | null, before: Held | null | undefined, reason: SignOutReason): void
}

export function renewal({ name, flow, holder, life, ready, changed }: Parts): Renewal {
  let renewing: Promise<void> | null = null
  /** Of which session a refusal was last looked into, and when. */
  let doubt = { sessionId: '', at: 0 }

  function renew() {
    if (holder.failure && Date.now() < holder.failure.until) return Promise.resolve()
    return (renewing ??= attempts().finally(() => {
      renewing = null
    }))
  }

  async function attempts() {
    const begun = Date.now()
    for (let tries = 0; !life.aborted; tries++) {
      const used = holder.now
      try {
        return settle(used, await exclusive(name, () => flow.renew(used)))
      } catch (thrown) {
        // Somebody has signed out, or in anew: nobody waits for this one any more.
        if (used && holder.now?.sessionId !== used.sessionId) return
        const error = asAuthError(thrown)
        const wait = PAUSES_MS[tries]
        const soon = error.retryable && !(error.retryAfter! > 3) && globalThis.navigator?.onLine !== false
        if (!wait || !soon || Date.now() - begun > PATIENCE_MS) return holder.fail(error)
        await pause(wait * (1 + Math.random() / 10))
      }
    }
  }

  function settle(used: Held | null | undefined, { held, asked }: Awaited<ReturnType<Flow['renew']>>) {
    if (life.aborted) return
    const before = holder.now
    const overdue = used && Date.now() >= used.refreshExpiresAt
    const reason = !asked ? 'storage_cleared' : overdue ? 'session_expired' : 'session_ended'
    if (held?.sessionId === holder.unproven) holder.unproven = null
    // Who is there without having signed in here has done so in another tab.
    holder.take(held, asked && before !== null ? 'here' : 'other-tab', reason)
    if (asked && held?.accessToken !== before?.accessToken) changed(held, before, reason)
  }

  async function token({ minValiditySeconds = 0, signal }: Parameters<Renewal['token']>[0] = {}) {
    const atFirst = holder.now
    await abortable(ready(), signal)
    const short = (margin: number) => !holder.now || left(holder.now) < Math.max(margin, minValiditySeconds * 1000)
    if (holder.now !== null && short(holder.now ? ahead(holder.now) : 0)) {
      const renewed = renew()
      // As long as what there is still does, nobody waits for its successor.
      if (short(holder.now ? ahead(holder.now) / 2 : 0)) await abortable(renewed, signal)
    }
    const { now, failure } = holder
    if (failure && (!now || left(now) <= 0)) throw failure.error
    if (!now) throw new AuthError('signed_out', 'nobody is signed in')
    if (atFirst && atFirst.user.id !== now.user.id) throw new AuthError('user_changed', 'somebody else has signed in')
    return now.accessToken
  }

  async function mend(used: Held, code: string | undefined) {
    // Only a refusal of the service's own says anything about the session.
    const expired = code === 'access_expired'
    if (!expired && code !== 'invalid_token') return undefined
    if (isCurrent(used)) {
      if (!expired && !isDoubtful(used)) return undefined
      await renew()
    }
    const { now, failure } = holder
    if (isCurrent(used)) {
      if (expired && failure) throw failure.error
      return undefined
    }
    // What one person began is not finished in the name of another.
    return now?.user.id === used.user.id ? now.accessToken : undefined
  }

  const isCurrent = (used: Held) => holder.now?.accessToken === used.accessToken

  /** An API that refuses for reasons of its own must not make a renewal of each of its refusals. */
  function isDoubtful({ sessionId }: Held) {
    if (doubt.sessionId === sessionId && Date.now() - doubt.at < COOLDOWN_MS) return false
    doubt = { sessionId, at: Date.now() }
    return true
  }

  return { renew, token, mend }
}

function asAuthError(error: unknown): AuthError {
  return isAuthError(error) ? error : new AuthError('protocol', 'the client failed', { cause: error })
}
