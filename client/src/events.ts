import type { AuthEvents } from './types.js'

/** The public events, and `change`: of the state. */
type Events = AuthEvents & { change: void }

export interface Listeners {
  on<K extends keyof Events>(event: K, listener: (payload: Events[K]) => void): () => void
  emit<K extends keyof Events>(event: K, ...payload: Events[K] extends void ? [] : [Events[K]]): void
}

/** Listeners are called at once and never awaited. One that throws is heard of, and keeps nobody waiting. */
export function listeners(): Listeners {
  const all = new Set<{ event: string; listener: (payload: never) => void }>()
  return {
    on(event, listener) {
      const one = { event, listener }
      all.add(one)
      return () => void all.delete(one)
    },
    emit(event, ...payload) {
      for (const one of [...all]) {
        if (one.event !== event) continue
        try {
          one.listener(payload[0] as never)
        } catch (error) {
          console.error(error)
        }
      }
    },
  }
}
