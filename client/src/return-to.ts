/**
 * A path of this origin, or `/`: what may be given to a router after a sign-in. Addresses of other origins,
 * `//other`, `/\other` and `javascript:` are not.
 */
export function safeReturnTo(text: string | null | undefined): string {
  if (!text?.startsWith('/')) return '/'
  const here = globalThis.location?.origin ?? 'http://localhost'
  try {
    const { origin, pathname, search, hash } = new URL(text, here)
    const path = pathname + search + hash
    // `/.//other` is of this origin, and its path is `//other`.
    return origin === here && !path.startsWith('//') ? path : '/'
  } catch {
    return '/'
  }
}
