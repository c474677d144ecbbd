/** Long enough for any honest holder; a frozen tab keeps its lock for as long as it is frozen. */
const PATIENCE_MS = 5000

/**
 * One tab at a time, as far as that is to be had: it saves requests, and nothing relies on it. Where there are
 * no locks, or the holder does not come back, it goes on without.
 */
export async function exclusive<T>(name: string, run: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks
  if (!locks) return run()
  const waiting = new AbortController()
  const patience = setTimeout(() => waiting.abort(), PATIENCE_MS)
  let begun = false
  try {
    return await locks.request(name, { signal: waiting.signal }, () => {
      clearTimeout(patience)
      begun = true
      return run()
    })
  } catch (error) {
    if (begun) throw error
    return run()
  } finally {
    clearTimeout(patience)
  }
}
