/** Tokens in the form of the service's own. Their signature is a checksum: they prove nothing to anybody. */

export type Half = 'body' | 'cookie'

export interface Claims {
  readonly iss: string
  readonly sub: string
  readonly aud: string
  readonly iat: number
  readonly exp: number
  readonly jti: string
  readonly sid: string
  readonly gen: number
  /** Body half only. */
  readonly roles?: readonly string[]
  /** Cookie half only: what pins the body half's roles. */
  readonly ctx?: string
}

export function signAccess(half: Half, claims: Claims): string {
  const header = { alg: 'none', typ: `tandem-${half}+jwt`, kid: `fake-${half}` }
  const signed = `${encode(header)}.${encode(claims)}`
  return `${signed}.${signature(signed)}`
}

/** The claims of a genuine access token of this half. */
export function readAccess(half: Half, token: string): Claims | null {
  const [header, payload, signed, ...more] = token.split('.')
  if (!header || !payload || more.length > 0) return null
  if (signed !== signature(`${header}.${payload}`)) return null
  return decode<{ typ: string }>(header)?.typ === `tandem-${half}+jwt` ? decode<Claims>(payload) : null
}

export type SecretKind = Half | 'session'

const PREFIX = { body: 'tdm_rtb_', cookie: 'tdm_rtc_', session: 'tdm_ses_' }

export interface Secret {
  readonly sessionId: string
  readonly generation: number
}

/** The refresh token of a generation, or the session cookie. The same arguments make the same token. */
export function makeSecret(kind: SecretKind, { sessionId, generation }: Secret): string {
  const text = `${PREFIX[kind]}fake.${sessionId}.${generation}`
  return `${text}.${checksum(text)}`
}

export function readSecret(kind: SecretKind, token: string | undefined): Secret | null {
  const [, sessionId, generation] = token?.split('.') ?? []
  if (!sessionId || !generation) return null
  const secret = { sessionId, generation: Number(generation) }
  return token === makeSecret(kind, secret) ? secret : null
}

const signature = (signed: string) => base64url(`not a signature ${checksum(signed)}`)

/** FNV-1a, 32 bits. */
function checksum(text: string): string {
  let sum = 0x811c9dc5
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193)
  return (sum >>> 0).toString(16).padStart(8, '0')
}

const base64url = (text: string) => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const encode = (value: unknown) => base64url(JSON.stringify(value))

function decode<T>(part: string): T | null {
  try {
    return JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/'))) as T
  } catch {
    return null
  }
}
