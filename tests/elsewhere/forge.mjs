// Tokens signed by the right keys that say what no honest token says.

import { createHash, generateKeyPairSync, sign } from 'node:crypto'

export const b64 = (bytes) => Buffer.from(bytes).toString('base64url')

/** A private key that the test and the service share, and its RFC 7638 thumbprint. */
export function makeKey(half) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x } = publicKey.export({ format: 'jwk' })
  const kid = createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url')
  return { half, private: privateKey, public: publicKey, x, kid }
}

/** Signs two parts, whatever they are. */
export function assemble(key, header, claims) {
  const message = `${header}.${claims}`
  return `${message}.${b64(sign(null, Buffer.from(message), key.private))}`
}

/** Signs two texts, whatever they say. */
export const compact = (key, header, claims) => assemble(key, b64(header), b64(claims))

export const read = (token) => token.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')))

export const nowSeconds = () => Math.floor(Date.now() / 1000)

export const without = (object, member) => Object.fromEntries(Object.entries(object).filter(([name]) => name !== member))

/** What a forger knows who has a genuine token of one half and the keys of both. */
export class Mould {
  constructor(half, tokens, keys) {
    this.half = half
    this.otherHalf = half === 'body' ? 'cookie' : 'body'
    this.genuine = tokens[half]
    this.other = tokens[this.otherHalf]
    this.key = keys[half]
    this.otherKey = keys[this.otherHalf]
    ;[this.header, this.claims] = read(this.genuine)
    ;[this.otherHeader, this.otherClaims] = read(this.other)
    this.parts = this.genuine.split('.')
  }

  /** Of each row anew: asking takes time. */
  get now() { return nowSeconds() }
  sign(header, claims) { return compact(this.key, JSON.stringify(header), JSON.stringify(claims)) }
  withHeader(more) { return this.sign({ ...this.header, ...more }, this.claims) }
  withClaims(more) { return this.sign(this.header, { ...this.claims, ...more }) }
  texts(header, claims) { return compact(this.key, header, claims) }
}
