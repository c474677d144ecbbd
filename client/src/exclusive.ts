/** Long enough for any honest holder; a frozen tab keeps its lock for as long as it is frozen. */
const PATIENCE_MS = 5000

/**
 * One tab at a time, as far as that is to be had: it saves requests, and nothing relies on it. Where there are
 * no locks, or the holder does not come back, it goes on without.
 */
export function exclusive<T>(name: string, run: () => Promise<T>): Promise<T> {
  let begun: Promise<T> | undefined
  const locks = globalThis.navigator?.locks as LockManager | undefined
  const turn = locks?.request(name, { signal: AbortSignal.timeout(PATIENCE_MS) }, () => (begun = run()))
  return turn ? (turn as Promise<T>).catch(() => begun ?? run()) : run()
}
