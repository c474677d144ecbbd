// The table, part two: what a forger can make who has the signing key of the half that is forged, as in
// tests/api/forged. A case is a name, a token for the slot of that half, and the verdict where it is not
// `invalid_token`.

import { createHmac, sign } from 'node:crypto'
import { assemble, b64, compact, makeKey, without } from './forge.mjs'

/** Without these, every refusal could have another reason. */
export function* taken(m) {
  const long = 'x'.repeat(1000)
  yield ['as it is', m.sign(m.header, m.claims), 'ok']
  yield ['an unknown claim', m.withClaims({ x: { sid: 1, y: [long, null, true] } }), 'ok']
  yield ['an unknown header member', m.withHeader({ x: 'y' }), 'ok']
  yield ['a key that is not looked at', m.withHeader({ jwk: { kty: 'OKP' }, jku: 'https://evil.example/' }), 'ok']
  yield ['nbf in the past', m.withClaims({ nbf: m.now - 1 }), 'ok']
  yield ['nbf as far ahead as clocks differ', m.withClaims({ nbf: m.now + 4 }), 'ok']
  yield ['the longest life', m.withClaims({ iat: m.now, exp: m.now + 600 }), 'ok']
  yield ['iat as far ahead as clocks differ', m.withClaims({ iat: m.now + 4, exp: m.now + 60 }), 'ok']
  yield ['expired within the leeway', m.withClaims({ iat: m.now - 60, exp: m.now - 2 }), 'ok']
  yield ['a generation to come', m.withClaims({ gen: 2 ** 32 - 1 }), 'ok']
  const room = 4096 - m.sign(m.header, { ...m.claims, x: '' }).length
  yield ['as long as allowed', m.withClaims({ x: 'x'.repeat(Math.floor(room * 3 / 4) - 2) }), 'ok']
  if (m.half === 'body') {
    const roles = m.claims.roles
    yield ['roles that are not sorted', m.withClaims({ roles: [...roles].reverse().concat(roles) }), 'ok']
  } else {
    yield ['roles in the cookie half are not read', m.withClaims({ roles: ['admin'], amr: 1 }), 'ok']
  }
}

export function* headers(m) {
  for (const alg of ['none', 'None', '', 'eddsa', 'EDDSA', 'EdDSA ', 'Ed25519', 'HS256', 'ES256', 'RS256', 'Ed448',
    null, ['EdDSA'], {}, 1, true]) {
    const header = { ...m.header, alg }
    yield [`alg ${JSON.stringify(alg)}, well signed`, m.sign(header, m.claims)]
    const message = `${b64(JSON.stringify(header))}.${b64(JSON.stringify(m.claims))}`
    yield [`alg ${JSON.stringify(alg)}, not signed`, `${message}.`]
    yield [`alg ${JSON.stringify(alg)}, 64 bytes`, `${message}.${b64(Buffer.alloc(64, 0x5a))}`]
  }
  const spki = m.key.public.export({ type: 'spki', format: 'der' })
  const pem = m.key.public.export({ type: 'spki', format: 'pem' })
  for (const secret of [Buffer.from(m.key.x, 'base64url'), m.key.x, spki, pem, '', m.key.kid]) {
    for (const alg of ['HS256', 'EdDSA']) {
      const message = `${b64(JSON.stringify({ ...m.header, alg }))}.${b64(JSON.stringify(m.claims))}`
      yield [`${alg} with the public key as secret`, `${message}.${createHmac('sha256', secret).update(message).digest('base64url')}`]
    }
  }
  const { typ } = m.header
  for (const other of ['JWT', m.otherHeader.typ, 'at+jwt', '', null, 1, [typ], `application/${typ}`, typ.toUpperCase(), `${typ} `]) {
    yield [`typ ${JSON.stringify(other)}`, m.withHeader({ typ: other })]
  }
  for (const member of ['alg', 'typ', 'kid']) yield [`no ${member}`, m.sign(without(m.header, member), m.claims)]
  for (const crit of [['exp'], ['b64'], [], 'x', null, {}, 0]) {
    yield [`crit ${JSON.stringify(crit)}`, m.withHeader({ crit })]
  }
  const unencoded = b64(JSON.stringify({ ...m.header, crit: ['b64'], b64: false }))
  yield ['an unencoded payload', assemble(m.key, unencoded, b64(JSON.stringify(m.claims)))]
  const text = JSON.stringify(m.header)
  for (const [member, value] of [['alg', 'none'], ['alg', 'EdDSA'], ['kid', m.header.kid], ['typ', 'JWT'], ['crit', '']]) {
    for (const name of [member, `\\u${member.charCodeAt(0).toString(16).padStart(4, '0')}${member.slice(1)}`]) {
      const extra = `"${name}":"${value}"`
      for (const doubled of [text.replace('{', `{${extra},`), text.replace(/}$/, `,${extra}}`)]) {
        yield [`header ${doubled}`, m.texts(doubled, JSON.stringify(m.claims))]
      }
    }
  }
  for (const bad of ['', '{}', '[]', 'null', '"EdDSA"', '{', 'x', `[${text}]`, `\ufeff${text}`, `${text}x`]) {
    yield [`header ${bad}`, m.texts(bad, JSON.stringify(m.claims))]
  }
}

export function* keys(m) {
  const mallory = makeKey(m.half)
  const claims = JSON.stringify(m.claims)
  const forged = (header, key = mallory) => compact(key, JSON.stringify(header), claims)
  yield ['our kid, another key', forged(m.header)]
  yield ['our kid, the key of the other half', forged(m.header, m.otherKey)]
  yield ['the kid and the key of the other half', forged({ ...m.header, kid: m.otherHeader.kid }, m.otherKey)]
  yield ['the kid of the other half, our key', forged({ ...m.header, kid: m.otherHeader.kid }, m.key)]
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: mallory.x, kid: m.header.kid, alg: 'EdDSA', tandem_ring: m.half }
  for (const more of [{ jwk }, { jku: 'https://evil.example/jwks.json' }, { x5c: [b64('x')] }, { keys: [jwk] }]) {
    yield [`${Object.keys(more)} of another key`, forged({ ...m.header, ...more })]
  }
  for (const kid of [0, [m.header.kid], {}, null, true]) yield [`kid ${JSON.stringify(kid)}`, m.withHeader({ kid })]
}

/**
 * Keys that are not published. Here the examples differ on purpose: the service knows every key it ever
 * had, an example cannot tell a made-up `kid` from one that was withdrawn while a phone slept. It says
 * `access_expired`, and the refresh, which the service judges, says the rest.
 */
export function* unknownKeys(m) {
  const mallory = makeKey(m.half)
  for (const kid of ['unknown', '', mallory.kid, `${m.header.kid} `, '../../dev/null', "' OR '1'='1", 'constructor', '__proto__',
    'x'.repeat(1000)]) {
    yield [`kid ${kid.slice(0, 50)}`, compact(mallory, JSON.stringify({ ...m.header, kid }), JSON.stringify(m.claims))]
  }
}

export function* claims(m) {
  for (const [member, good] of Object.entries(m.claims)) {
    yield [`no ${member}`, m.sign(m.header, without(m.claims, member))]
    for (const value of [null, true, false, 7, '7', [7], { a: 7 }, [good]]) {
      const sameType = (typeof good === 'number' && typeof value === 'number') || (member === 'ctx' && typeof value === 'string')
      if (!sameType) yield [`${member} ${JSON.stringify(value)}`, m.withClaims({ [member]: value })]
    }
  }
  const { iss, aud, sid } = m.claims
  for (const [member, value] of [
    ['iss', `${iss}/`], ['iss', iss.toUpperCase()], ['iss', iss.replace('https:', 'http:')], ['iss', ` ${iss}`], ['iss', ''],
    ['aud', m.otherClaims.aud], ['aud', 'tandem'], ['aud', 'tandem/'], ['aud', `${aud}/`], ['aud', `x${aud}`], ['aud', ''],
    ['aud', aud.toUpperCase()], ['aud', 'tandem/machine'], ['aud', [aud, 'other/body']],
    ['sub', '0'.repeat(32)], ['sid', '0'.repeat(32)], ['sub', '0'.repeat(31)], ['jti', '0'.repeat(33)], ['jti', `${'0'.repeat(32)}\n`],
    ['sid', sid.toUpperCase()], ['sid', `${sid}\0`], ['sid', `${sid}\n`], ['sub', '../../etc/passwd'],
    ['gen', -1], ['gen', 1.5], ['gen', 1e10], ['gen', 2 ** 32],
  ]) yield [`${member} ${JSON.stringify(value)}`, m.withClaims({ [member]: value })]
  if (m.half === 'body') {
    for (const role of ['Admin', 'a b', '', 'a'.repeat(33), '1a', 'é', 'a\n', 'a,b', 7]) {
      yield [`role ${JSON.stringify(role)}`, m.withClaims({ roles: [role] })]
    }
    yield ['33 roles', m.withClaims({ roles: Array.from({ length: 33 }, (_, n) => `r${n}`) })]
    yield ['amr of numbers', m.withClaims({ amr: [1] })]
  }
  const text = JSON.stringify(m.claims)
  const inner = text.slice(1, -1)
  for (const name of ['sid', '\\u0073id', 'exp', 'x']) {
    const once = `"${name}":${JSON.stringify(name === 'exp' ? m.now + 600 : sid)}`
    const first = name === 'x' ? `{${once},${inner},${once}}` : `{${once},${inner}}`
    yield [`${name} twice`, m.texts(JSON.stringify(m.header), first)]
    if (name !== 'x') yield [`${name} twice, the good one first`, m.texts(JSON.stringify(m.header), `{${inner},${once}}`)]
  }
  const member = (value) => `{${inner},"x":${value}}`
  for (const [name, bad] of [
    ['a raw control character', member('"\u0001"')], ['a trailing comma', `{${inner},}`], ['a comment', `{${inner}/* */}`],
    ['single quotes', text.replaceAll('"', "'")], ['two documents', text + text], ['something after', `${text}x`],
    ['unfinished', text.slice(0, -1)], ['a byte order mark', `\ufeff${text}`], ['NaN', member('NaN')], ['Infinity', member('-Infinity')],
    ['an array', `[${text}]`], ['a string', JSON.stringify(text)], ['nothing', ''], ['null', 'null'],
    ['deep arrays', text.replace(JSON.stringify(sid), '['.repeat(700) + ']'.repeat(700))],
  ]) yield [name, m.texts(JSON.stringify(m.header), bad)]
  for (const [name, bytes] of [
    ['invalid UTF-8', Buffer.from(member('"\xff"'), 'latin1')], ['a surrogate in UTF-8', Buffer.from(member('"\xed\xa0\x80"'), 'latin1')],
    ['UTF-16', Buffer.from(text, 'utf16le')], ['NULs after', Buffer.from(`${text}\0\0\0`)],
  ]) yield [name, compact(m.key, JSON.stringify(m.header), bytes)]
}

export function* times(m) {
  const forEver = Number.MAX_SAFE_INTEGER
  for (const [name, iat, exp] of [ // from now
    ['a longer life than allowed', 0, 601], ['a life of a day', -10, 86_400], ['iat too far ahead', 8, 60],
    ['iat an hour ahead', 3600, 3840], ['an end before the beginning', 0, -1], ['no end', 0, forEver - m.now - 10],
    ['since ever', -forEver + 10, 60], ['since 1970', -m.now, 60], ['a longer life than allowed, expired', -700, -60],
  ]) yield [name, m.withClaims({ iat: m.now + iat, exp: m.now + exp })]
  for (const [name, ago] of [['just', 7], ['long', 200]]) {
    yield [`expired, ${name}`, m.withClaims({ iat: m.now - 240, exp: m.now - ago }), 'access_expired']
  }
  for (const ahead of [8, 3600, forEver - m.now - 10]) yield [`nbf ${ahead} s ahead`, m.withClaims({ nbf: m.now + ahead })]
  for (const nbf of ['0', 1.5, null, true, []]) yield [`nbf ${JSON.stringify(nbf)}`, m.withClaims({ nbf })]
  for (const [member, value] of [['exp', 1e300], ['exp', -1], ['exp', 0], ['iat', 1e300], ['iat', String(m.now)], ['iat', [m.now]]]) {
    yield [`${member} ${value}`, m.withClaims({ [member]: value })]
  }
  const { exp } = m.claims
  for (const spelling of ['1e400', `${exp}.0`, `${exp}.5`, `${exp}e0`, `0${exp}`, '9'.repeat(1000), '18446744073709551615']) {
    yield [`exp ${spelling.slice(0, 30)}`, m.texts(JSON.stringify(m.header), JSON.stringify(m.claims).replace(`"exp":${exp}`, `"exp":${spelling}`))]
  }
  const [header, claims] = m.withClaims({ iat: m.now - 240, exp: m.now - 60 }).split('.')
  yield ['expired, and not signed', `${header}.${claims}.${b64(Buffer.alloc(64, 7))}`]
}

/** One leaked key opens nothing: what grants is tied to the other half. */
export function* leaked(m) {
  const stale = m.half === 'body'
    ? [{ roles: ['admin'] }, { roles: [] }, { amr: ['pwd', 'otp'] }, { amr: [] }, { auth_time: m.now + 1 }, { auth_time: 0 }, { amr: ['é"\\/\u007f'] }]
    : [{ ctx: '' }, { ctx: b64(Buffer.alloc(16)) }, { ctx: `${m.claims.ctx}=` }, { ctx: m.claims.ctx.toLowerCase() }]
  for (const more of stale) yield [`grants ${JSON.stringify(more)}`, m.withClaims(more), 'access_expired']
}

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

/** `S + L`: another spelling of the same signature, for a verifier that does not bound `S`. */
function addOrder(signature) {
  const sum = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + ORDER
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(sum.toString(16).padStart(64, '0'), 'hex').reverse()])
}

export function* spellings(m) {
  const [header, claims, signature] = m.parts
  const good = Buffer.from(signature, 'base64url')
  const flip = (at, bit) => { const bytes = Buffer.from(good); bytes[at] ^= bit; return bytes }
  const identity = Buffer.from([1, ...Array(31).fill(0)])
  for (const [name, bytes] of [
    ['none', []], ['all zero', Buffer.alloc(64)], ['32 bytes', good.subarray(0, 32)], ['63 bytes', good.subarray(0, 63)],
    ['65 bytes', [...good, 0]], ['twice', [...good, ...good]], ['R and S exchanged', [...good.subarray(32), ...good.subarray(0, 32)]],
    ['R the identity, S zero', [...identity, ...Buffer.alloc(32)]], ['a bit of R', flip(0, 1)], ['the sign of R', flip(31, 0x80)],
    ['a bit of S', flip(32, 1)], ['the last bit of S', flip(63, 0x80)], ['S + L', addOrder(good)], ['all ones', Buffer.alloc(64, 0xff)],
  ]) yield [`signature: ${name}`, `${header}.${claims}.${b64(bytes)}`]
  for (const [name, other] of [
    ['white space', ` ${JSON.stringify(m.claims)}`], ['an end further off', JSON.stringify({ ...m.claims, exp: m.now + 600 })],
    ['another subject', JSON.stringify({ ...m.claims, sub: '0'.repeat(32) })],
  ]) yield [`claims altered: ${name}`, `${header}.${b64(other)}.${signature}`]
  yield ['header altered', `${b64(`${JSON.stringify(m.header)} `)}.${claims}.${signature}`]
  yield ['the signature of the other half', `${header}.${claims}.${m.other.split('.')[2]}`]

  // base64url that says the same in other characters.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(signature.at(-1))
  for (const at of [last + 1, last + 15]) yield [`unused bits ${at - last}`, `${m.genuine.slice(0, -1)}${alphabet[at]}`]
  for (const bad of ['=', '==', 'A', 'AA', '+', '/', '%3D', '!', '~', '.']) {
    yield [`header and ${JSON.stringify(bad)}`, assemble(m.key, header + bad, claims)]
    yield [`claims and ${JSON.stringify(bad)}`, assemble(m.key, header, claims + bad)]
    yield [`signature and ${JSON.stringify(bad)}`, m.genuine + bad]
  }
  const tilted = JSON.stringify({ ...m.claims, x: '???>>>~~~' })
  yield ['the other alphabet', assemble(m.key, header, Buffer.from(tilted).toString('base64').replace(/=+$/, ''))]

  for (const shape of [
    '.', '..', '...', header, `${header}.${claims}`, `${header}.${claims}.`, `${header}..${signature}`, `.${claims}.${signature}`,
    `.${m.genuine}`, `${m.genuine}.`, `${m.genuine}.${signature}`, `${header}.${m.genuine}`, `Bearer.${m.genuine}`,
    JSON.stringify({ protected: header, payload: claims, signature }), m.genuine.toUpperCase(), 'null', 'undefined',
    m.genuine.slice(0, -1), `\xef\xbb\xbf${m.genuine}`,
  ]) yield [`shape ${shape.slice(0, 20)}… of ${shape.length}`, shape]
  yield ['longer than allowed', m.withClaims({ x: 'x'.repeat(3300) })]
  const signed = `${header}.${claims}`
  yield ['signed without its claims', `${signed}.${b64(sign(null, Buffer.from(header), m.key.private))}`]
}
