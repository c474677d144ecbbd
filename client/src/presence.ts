import { ahead, left } from './held.js'
import type { Holder } from './holder.js'

/** The longest a timer runs: that a device slept is told by the clock, not by the timer. */
const TICK_MS = 30_000
const SHORTEST_MS = 1000

interface Parts {
  holder: Holder
  life: AbortSignal
  renew(): Promise<void>
  /** Looks again what is held, without asking the service. */
  look(): Promise<void>
}

/** What a page does by itself while somebody looks at it. Returns what sets the timer anew after a change. */
export function presence({ holder, life, renew, look }: Parts): () => void {
  const isVisible = () => globalThis.document?.visibilityState === 'visible'
  let timer: ReturnType<typeof setTimeout> | undefined

  function schedule() {
    clearTimeout(timer)
    const wait = due()
    if (wait < Infinity && !life.aborted && isVisible()) {
      timer = setTimeout(tick, Math.min(TICK_MS, Math.max(SHORTEST_MS, wait)))
    }
  }

  /** Milliseconds until something is to be done. */
  function due() {
    const { now, failure } = holder
    if (failure) return failure.until - Date.now()
    return now ? left(now) - ahead(now) : Infinity
  }

  const tick = () => void (due() > 0 ? schedule() : renew())
  const back = () => void look().then(tick)

  const listen = (event: string, listener: (event: PageTransitionEvent) => void) =>
    addEventListener(event, listener as EventListener, { signal: life })

  if (globalThis.document) {
    // It comes up from the document.
    listen('visibilitychange', () => (isVisible() ? back() : schedule()))
    listen('online', () => {
      if (holder.failure) holder.failure.until = 0
      back()
    })
    // What comes back from the back-forward cache must not show, even for a moment, whose session may be over.
    listen('pagehide', ({ persisted }) => persisted && holder.show({ status: 'booting' }))
    listen('pageshow', ({ persisted }) => persisted && back())
  }
  life.addEventListener('abort', () => clearTimeout(timer))
  return schedule
}
