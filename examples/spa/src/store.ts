import { useSyncExternalStore } from 'react'

/** A value that components look at and anybody may change. */
export function createStore<T>(value: T) {
  const listeners = new Set<() => void>()
  const get = () => value
  const subscribe = (listener: () => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  const update = (change: (before: T) => T) => {
    value = change(value)
    for (const listener of listeners) listener()
  }
  return { get, update, use: () => useSyncExternalStore(subscribe, get) }
}
