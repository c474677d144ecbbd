// Which sessions ended, learned from Tandem every few seconds.

import { Unavailable } from './keys.mjs'

const TIMEOUT = 3000 // milliseconds
// No access token is older, leeway included: what was learned longer ago concerns none. Milliseconds.
const MEMORY = 660_000

export class Revocations {
  #sessions = new Map() // sid -> { ended, tokens_not_before, learnedAt }
  #since
  #askedAt = -Infinity
  #bound = 0
  #failed = false
  #options

  /**
   * @param {object} options
   * @param {string} options.url `<public_url>/api/auth/revocations`
   * @param {(anew: boolean) => Promise<string>} options.token a machine token with the scope
   *   `revocations:read`; another one if the last was of no use
   */
  constructor({ url, token, fetch: fetcher = fetch, now = () => performance.now() }) {
    this.#options = { url, token, fetch: fetcher, now }
  }

  /** What is known of a session. If nothing was learned for longer than allowed, nothing is known. */
  standing(sid) {
    if (this.#options.now() > this.#askedAt + this.#bound) throw new Unavailable('the revocations are too old')
    return this.#sessions.get(sid)
  }

  /** One look. What was changed since the last one; the first time all that still matters. */
  async look() {
    const { url, token, fetch, now } = this.#options
    const askedAt = now() // the answer is as old as the question
    const answer = await fetch(this.#since === undefined ? url : `${url}?since=${this.#since}`, {
      headers: { authorization: `Bearer ${await token(this.#failed)}` },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT),
    })
    if (!answer.ok) throw new Error(`the revocations answered ${answer.status}`)
    const { now: since, bound, sessions } = await answer.json()
    for (const { id, ended, tokens_not_before } of sessions) {
      this.#sessions.set(id, { ended, tokens_not_before, learnedAt: askedAt })
    }
    for (const [id, { learnedAt }] of this.#sessions) {
      if (learnedAt < askedAt - MEMORY) this.#sessions.delete(id)
    }
    this.#since = since
    this.#bound = bound * 1000
    this.#askedAt = askedAt
  }

  /** Looks again and again: three times within the bound, so that one lost answer does no harm. */
  async keepLooking() {
    for (;;) {
      try {
        await this.look()
        this.#failed = false
      } catch (error) {
        this.#failed = true
        console.error(`no revocations: ${error.message}`)
      }
      await new Promise((done) => setTimeout(done, Math.max(this.#bound / 3, 500)).unref())
    }
  }
}

/** Machine tokens by client credentials (RFC 6749 section 4.4), each used until shortly before its end. */
export function machineToken({ url, id, secret, fetch: fetcher = fetch, now = () => performance.now() }) {
  let token, until = -Infinity
  return async (anew) => {
    if (!anew && now() < until) return token
    const basic = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')
    const answer = await fetcher(url, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'revocations:read' }),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT),
    })
    if (!answer.ok) throw new Error(`the token endpoint answered ${answer.status}`)
    const { access_token, expires_in } = await answer.json()
    until = now() + Math.max(expires_in - 30, 0) * 1000
    return (token = access_token)
  }
}
