/** Longer than any request: a late answer to a refresh must not set the cookies of the session before. */
const PATIENCE_MS = 11_000

/**
 * One tab at a time, as far as that is to be had: it saves requests, and nothing relies on it. Where there are
 * no locks, or the holder does not come back (a frozen tab keeps its lock), it goes on without.
 */
export function exclusive<T>(name: string, run: () => Promise<T>, patience = PATIENCE_MS): Promise<T> {
  let begun: Promise<T> | undefined
  const locks = globalThis.navigator?.locks as LockManager | undefined
  const turn = locks?.request(name, { signal: AbortSignal.timeout(patience) }, () => (begun = run()))
  return turn ? (turn as Promise<T>).catch(() => begun ?? run()) : run()
}
