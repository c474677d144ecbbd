import type { Signal } from './flow.js'

export interface Signals {
  tell(signal: Signal): void
  close(): void
}

/** News between the tabs of an origin. Without a channel each tab finds out by itself, later. */
export function signals(name: string, hear: (signal: Signal) => void): Signals {
  const channel = globalThis.BroadcastChannel && new BroadcastChannel(name)
  if (channel) channel.onmessage = ({ data }) => hear(data)
  return { tell: (signal) => channel?.postMessage(signal), close: () => channel?.close() }
}
