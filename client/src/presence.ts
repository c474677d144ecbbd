import { ahead, left } from './held.js'
import type { Holder } from './holder.js'

/**
 * What a page does by itself while somebody looks at it: it looks again what is held, and has it renewed.
 * Returns what sets the timer anew after a change.
 */
export function presence(
  holder: Holder,
  life: AbortSignal,
  renew: () => Promise<void>,
  look: () => Promise<void>,
): () => void {
  const isVisible = () => globalThis.document?.visibilityState === 'visible'
  let timer: ReturnType<typeof setTimeout> | undefined

  function schedule() {
    clearTimeout(timer)
    const wait = due()
    if (wait < Infinity && !life.aborted && isVisible()) {
      // At most half a minute: that a device slept is told by the clock, not by the timer.
      timer = setTimeout(tick, Math.min(30_000, Math.max(1000, wait)))
    }
  }

  /** Milliseconds until something is to be done. */
  function due() {
    const { now, failure } = holder
    if (failure) return failure.until - Date.now()
    return now ? left(now) - ahead(now) : Infinity
  }

  const tick = () => (due() > 0 ? schedule() : renew())
  const back = () => look().then(tick)

  const listen = (event: string, listener: (event: PageTransitionEvent) => void) =>
    addEventListener(event, listener as EventListener, { signal: life })

  if (globalThis.document) {
    // It comes up from the document.
    listen('visibilitychange', () => (isVisible() ? back() : schedule()))
    listen('online', () => {
      holder.failure = null
      back()
    })
    // What comes back from the back-forward cache must not show, even for a moment, whose session may be over.
    listen('pagehide', ({ persisted }) => {
      if (!persisted) return
      holder.failure = null
      holder.show({ status: 'booting' })
    })
    listen('pageshow', ({ persisted }) => persisted && back())
  }
  life.addEventListener('abort', () => clearTimeout(timer))
  return schedule
}
