import type { FakeCookie } from './types.js'

/** What an answer says about a cookie. All of the service's are HttpOnly and SameSite=Strict. */
export interface SetCookie {
  readonly name: string
  readonly value: string
  readonly path: string
  /** Seconds; 0 deletes. */
  readonly maxAge: number
}

/** One browser's cookies for the host of the service. */
export class CookieJar {
  #cookies: readonly FakeCookie[] = []

  all(now: number): readonly FakeCookie[] {
    return this.#cookies.filter(({ expiresAt }) => now < expiresAt)
  }

  replace(cookies: readonly FakeCookie[]): void {
    this.#cookies = [...cookies]
  }

  /** Longest path first, as browsers send them. */
  for(path: string, now: number): readonly FakeCookie[] {
    const sent = this.all(now).filter((cookie) => covers(cookie.path, path))
    return sent.sort((a, b) => b.path.length - a.path.length)
  }

  store(cookies: readonly SetCookie[], now: number): void {
    for (const { name, value, path, maxAge } of cookies) {
      const others = this.#cookies.filter((cookie) => cookie.name !== name || cookie.path !== path)
      const kept = maxAge > 0 ? [{ name, value, path, expiresAt: now + maxAge * 1000 }] : []
      this.#cookies = [...others, ...kept]
    }
  }
}

/** RFC 6265 section 5.1.4. */
function covers(cookiePath: string, path: string): boolean {
  return path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`)
}
