// Tandem's public keys, cached through a key rotation.

import { webcrypto } from 'node:crypto'
import { importJWK } from 'jose'

// Node 18 has what jose asks for, but not as a global.
globalThis.crypto ??= webcrypto

/** The request cannot be judged now: answer 503. */
export class Unavailable extends Error {}

// Milliseconds. The pause is between two looks for keys that are not known, so that made-up `kid`s are no
// flood at Tandem. Not longer: an imported key may sign 3 `tokens.revocation_poll` after it is published.
const PAUSE = 1000
const AFTER_FAILURE = 10_000
const TIMEOUT = 3000
const LONGEST = 3_600_000
// How long a set that is no longer fresh still counts while no other can be had. A key that was withdrawn
// must not count for ever because Tandem is kept out of reach.
export const LONGEST_OUTAGE = 3_600_000

export class KeySet {
  #url
  #fetch
  #now
  #keys = new Map() // kid -> { ring, key }: the last good set
  #staleAt = -Infinity
  #forgetAt = -Infinity
  #triedAt = -Infinity
  #failed = false
  #running

  /** @param {string} url `<public_url>/.well-known/jwks.json` */
  constructor(url, { fetch: fetcher = fetch, now = () => performance.now() } = {}) {
    this.#url = url
    this.#fetch = fetcher
    this.#now = now
  }

  /** The key `kid` with its ring; undefined if it is not published. */
  async find(kid) {
    const known = () => this.#keys.get(kid)
    if (known() && this.#now() < this.#staleAt) return known()
    // One look serves all that wait, and goes on if a caller hangs up.
    if (!this.#running && this.#now() >= this.#triedAt + PAUSE) {
      this.#running = this.#look().finally(() => { this.#running = undefined })
    }
    await this.#running
    if (!known() && this.#failed) throw new Unavailable('the keys cannot be had')
    return known()
  }

  async #look() {
    const now = this.#triedAt = this.#now()
    try {
      const answer = await this.#fetch(this.#url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT) })
      if (!answer.ok) throw new Error(`the key set answered ${answer.status}`)
      this.#keys = await readKeys(await answer.json())
      this.#staleAt = now + lifetime(answer.headers)
      this.#forgetAt = this.#staleAt + LONGEST_OUTAGE
      this.#failed = false
    } catch (error) {
      // The last good set stays for a while: keys are published before they sign.
      if (now >= this.#forgetAt) this.#keys.clear()
      this.#staleAt = now + AFTER_FAILURE
      this.#failed = true
      console.error(`no key set: ${error.message}`)
    }
  }
}

/** Whatever is not an Ed25519 key of one of the two rings is left out. */
async function readKeys({ keys }) {
  const ours = keys.filter(({ kty, crv, alg, tandem_ring }) =>
    kty === 'OKP' && crv === 'Ed25519' && alg === 'EdDSA' && ['body', 'cookie'].includes(tandem_ring))
  const entries = ours.map(async ({ kty, crv, x, kid, tandem_ring: ring }) =>
    [kid, { ring, key: await importJWK({ kty, crv, x }, 'EdDSA') }])
  const found = new Map(await Promise.all(entries))
  for (const ring of ['body', 'cookie']) {
    if (![...found.values()].some((key) => key.ring === ring)) throw new Error(`no key of the ${ring} ring`)
  }
  return found
}

/** How long an answer is fresh (RFC 9111 section 4.2), milliseconds. */
function lifetime(headers) {
  const maxAge = Number(/\bmax-age=(\d+)/.exec(headers.get('cache-control'))?.[1] ?? 60)
  const age = Number(headers.get('age') ?? 0)
  return Math.min(Math.max(0, maxAge - age) * 1000, LONGEST)
}
