// Verifies a Tandem access pair without asking Tandem. Copy this file and keys.mjs.

import { createHash } from 'node:crypto'
import { compactVerify } from 'jose'

/** What is wrong with a request, as the `code` of the answer `401`. */
export class Refused extends Error {
  constructor(code) {
    super(code)
    this.code = code // unauthenticated, invalid_token or access_expired
  }
}
const invalid = () => new Refused('invalid_token')
const demand = (good) => { if (!good) throw invalid() }

const LONGEST_TOKEN = 4096 // bytes
const LONGEST_LIFE = 600 // seconds between iat and exp
const SKEW = 5 // seconds that iat and nbf may lie ahead: clocks differ
const LEEWAY = 5 // seconds that an expired token still passes; not more than `tokens.leeway`

export class PairVerifier {
  /**
   * @param {object} options
   * @param {string} options.issuer `server.public_url` of Tandem
   * @param {string} options.audience `tokens.audience` of Tandem
   * @param {import('./keys.mjs').KeySet} options.keys
   * @param {import('./revocations.mjs').Revocations} [options.revocations] without it a logout is
   *   noticed only when the tokens expire
   * @param {() => number} [options.now] seconds since 1970
   */
  constructor({ issuer, audience, keys, revocations, now = () => Date.now() / 1000 }) {
    Object.assign(this, { issuer, audience, keys, revocations, now })
    // Browsers take the prefix over https only; without it a sibling host can plant the cookie.
    this.cookieName = issuer.startsWith('https:') ? '__Host-tandem-access' : 'tandem-access'
  }

  /**
   * Who the request speaks for. Throws `Refused`, or `Unavailable` if it cannot be judged (503).
   *
   * @param {string[]} authorization every `Authorization` line of the request
   * @param {string[]} cookie every `Cookie` line of the request
   */
  async verify(authorization, cookie) {
    const bodyToken = readBearer(authorization)
    const cookieToken = readCookie(cookie, this.cookieName)
    if (bodyToken === undefined && cookieToken === undefined) throw new Refused('unauthenticated')
    demand(bodyToken !== undefined && cookieToken !== undefined)

    const body = await this.#half('body', bodyToken)
    const cookieHalf = await this.#half('cookie', cookieToken)
    // Only now: that a key is gone must not hide that the other half is false.
    if (!body || !cookieHalf) throw new Refused('access_expired')
    return this.#together(body, cookieHalf)
  }

  /** The claims of one genuine half; null if its key is not published (any more). */
  async #half(half, token) {
    demand(token.length <= LONGEST_TOKEN)
    const parts = token.split('.')
    demand(parts.length === 3)
    const [header, claims] = parts.map(decode)

    const { alg, typ, kid, crit } = readObject(header)
    demand(alg === 'EdDSA' && typ === `tandem-${half}+jwt` && typeof kid === 'string' && crit === undefined)
    // Keys come from the published set and nowhere else: `jwk`, `jku` and the like are not read.
    const key = await this.keys.find(kid)
    if (!key) return null
    demand(key.ring === half)
    await compactVerify(token, key.key, { algorithms: ['EdDSA'] }).catch(() => { throw invalid() })

    return this.#checkClaims(half, readObject(claims))
  }

  #checkClaims(half, claims) {
    const { iss, aud, sub, sid, jti, iat, exp, nbf, gen } = claims
    demand(iss === this.issuer && aud === `${this.audience}/${half}`)
    demand([sub, sid, jti].every(isId))
    demand([iat, exp, gen, ...(nbf === undefined ? [] : [nbf])].every(Number.isSafeInteger))
    demand(gen >= 0 && gen < 2 ** 32)
    const soon = Math.floor(this.now()) + SKEW
    demand(iat <= soon && (nbf === undefined || nbf <= soon) && exp >= iat && exp - iat <= LONGEST_LIFE)
    if (half === 'cookie') {
      demand(typeof claims.ctx === 'string')
    } else {
      demand(Number.isSafeInteger(claims.auth_time) && isStrings(claims.amr) && isStrings(claims.roles))
      claims.roles = [...new Set(claims.roles)].sort()
      demand(claims.roles.length <= 32 && claims.roles.every((role) => /^[a-z][a-z0-9_-]{0,31}$/.test(role)))
    }
    return claims
  }

  #together(body, cookie) {
    demand(body.sid === cookie.sid && body.sub === cookie.sub) // `gen` may differ
    const standing = this.revocations?.standing(body.sid) ?? {}
    demand(!standing.ended)
    const stale = cookie.ctx !== context(body)
      || this.now() >= Math.min(body.exp, cookie.exp) + LEEWAY
      || Math.min(body.iat, cookie.iat) <= (standing.tokens_not_before ?? -Infinity)
    if (stale) throw new Refused('access_expired')
    const { sub, sid, roles, auth_time, amr } = body
    return { sub, sid, roles, auth_time, amr }
  }
}

/**
 * What the cookie half says of the body half: the first 16 bytes of SHA-256 over the UTF-8 of the JSON
 * array `[auth_time,amr,roles]` without white space, in base64url without padding.
 */
export function context({ auth_time, amr, roles }) {
  const digest = createHash('sha256').update(JSON.stringify([auth_time, amr, roles])).digest()
  return digest.subarray(0, 16).toString('base64url')
}

// What is there but no token reads as '', which is no token: bad never turns into absent.

function readBearer(lines) {
  demand(lines.length <= 1)
  if (lines.length === 0) return undefined
  return /^bearer ([^ ]+)$/i.exec(lines[0])?.[1] ?? ''
}

/** Names byte for byte, nothing decoded, a second one refused: what a cookie library does not do. */
function readCookie(lines, name) {
  const pairs = lines.flatMap((line) => line.split(';')).map((pair) => pair.replace(/^[ \t]+/, ''))
  const values = pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1))
  demand(values.length <= 1)
  return values[0]
}

/** Strict base64url. Buffer skips what it does not know, so look whether the way back is the same. */
function decode(part) {
  const bytes = Buffer.from(part, 'base64url')
  demand(part !== '' && bytes.toString('base64url') === part)
  return bytes
}

/**
 * A JSON object. JSON.parse keeps the last of two members of one name; but Tandem writes compact JSON,
 * which reading and writing leaves as it is, unless a member was there twice.
 */
function readObject(bytes) {
  let text, value
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    value = JSON.parse(text)
  } catch {
    throw invalid()
  }
  demand(value !== null && typeof value === 'object' && !Array.isArray(value) && JSON.stringify(value) === text)
  return value
}

const isId = (value) => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value)
const isStrings = (value) => Array.isArray(value) && value.every((item) => typeof item === 'string')
