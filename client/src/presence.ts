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
  const page = globalThis.document
  let timer: ReturnType<typeof setTimeout> | undefined

  function schedule() {
    clearTimeout(timer)
    const wait = due()
    if (wait !== null && page?.visibilityState === 'visible') {
      timer = setTimeout(tick, Math.min(TICK_MS, Math.max(SHORTEST_MS, wait)))
    }
  }

  /** Milliseconds until something is to be done; no two tabs at the same moment. */
  function due() {
    const { now, failure } = holder
    if (life.aborted || now === null) return null
    if (failure) return failure.until - Date.now()
    return now ? left(now) - ahead(now) * (1 - Math.random() / 10) : null
  }

  async function tick() {
    if (due()! <= 0) await renew()
    schedule()
  }

  async function back() {
    await look()
    await tick()
  }

  const listen = (target: EventTarget, event: string, listener: (event: PageTransitionEvent) => void) =>
    target.addEventListener(event, listener as EventListener, { signal: life })

  if (page) {
    listen(page, 'visibilitychange', () => void (page.visibilityState === 'visible' ? back() : schedule()))
    listen(globalThis, 'online', () => {
      holder.failure &&= { ...holder.failure, until: 0 }
      void back()
    })
    // What comes back from the back-forward cache must not show, even for a moment, whose session may be over.
    listen(globalThis, 'pagehide', ({ persisted }) => persisted && holder.hide())
    listen(globalThis, 'pageshow', ({ persisted }) => persisted && void back())
  }
  life.addEventListener('abort', () => clearTimeout(timer))
  return schedule
}
