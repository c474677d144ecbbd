const KEY = 'tandem-login'
const WITHIN_MS = 30_000

/**
 * Notes that the page at this address asks for a login, and says whether that goes in circles: whether the
 * login has sent the browser back to this address twice within 30 s, and nobody was signed in. Or forgets it.
 */
export function isLoop(forget?: boolean): boolean {
  try {
    const now = Date.now()
    const { pathname } = location
    const [path, ...times] = JSON.parse(sessionStorage.getItem(KEY) ?? '[]') as [string, ...number[]]
    const recent = times.filter((time) => path === pathname && now - time < WITHIN_MS)
    sessionStorage.setItem(KEY, JSON.stringify(forget ? [] : [pathname, ...recent, now]))
    return recent.length > 1
  } catch {
    return false // sessionStorage is blocked: nothing can be noted
  }
}
