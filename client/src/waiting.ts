import type { AuthError } from './errors.js'

/** Between attempts. */
const PAUSES_MS = [300, 900, 2700]

/** Again and again while it may help, a few times at most. Rejects with the last error. */
export async function persistently<T>(run: () => Promise<T>, isWanted?: () => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await run()
    } catch (thrown) {
      const { code, retryable, retryAfter } = thrown as AuthError
      // After a long wait already, or with a longer one to come, the caller is told instead.
      const soon = retryable && code !== 'timeout' && !(retryAfter! > 3) && globalThis.navigator?.onLine !== false
      if (!soon || !PAUSES_MS[tries]) throw thrown
      await new Promise((done) => setTimeout(done, PAUSES_MS[tries]))
      if (isWanted && !isWanted()) throw thrown
    }
  }
}

/** The same promise for as long as the caller wishes to wait for it; what was begun goes on. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason)
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}
