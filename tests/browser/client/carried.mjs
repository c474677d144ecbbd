// What a request carried, told without any token: which halves, and of which session and generation.

/** A token, whole or in part, where none may be. */
export const TOKEN = /eyJ[\w-]{8}|tdm_(rtb|rtc|ses)_/

export function carried(request, url, body) {
  const { headers, method } = request
  const cookies = cookiesOf(headers.cookie)
  return {
    at: Date.now(),
    method,
    path: url.pathname,
    origin: headers.origin ?? null,
    site: headers['sec-fetch-site'] ?? null,
    bodyHalf: told(headers.authorization?.replace(/^Bearer /i, '')),
    cookieHalf: told(cookies['tandem-access']),
    refreshBody: body.includes('tdm_rtb_'),
    refreshCookie: 'tandem-refresh' in cookies,
    sessionCookie: 'tandem-session' in cookies,
    leak: TOKEN.test(decodeURIComponent(request.url)) || TOKEN.test(headers.referer ?? ''),
  }
}

function cookiesOf(line = '') {
  return Object.fromEntries(line.split(/; */).map((pair) => {
    const [name, ...value] = pair.split('=')
    return [name.replace(/^__(Host|Secure)-/, ''), value.join('=')]
  }))
}

/** Session and generation of an access token. Neither opens anything. */
export function told(jwt) {
  if (!jwt) return null
  try {
    const { sid, gen } = JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'))
    return { sid, gen }
  } catch {
    return { sid: null, gen: null }
  }
}

/** Session and generation that an answer brings, if it brings tokens. */
export function generationOf(body) {
  try {
    return told(JSON.parse(body).access_token)
  } catch {
    return null
  }
}

/** One line about one request. */
export function line({ at, method, path, bodyHalf, cookieHalf, status, fault, generation }) {
  const half = (it) => (it ? `${it.sid?.slice(0, 4)}/${it.gen}` : 'none')
  const answer = `${status ?? 'no answer'}${generation ? ` ${half(generation)}` : ''}${fault ? ` (${fault})` : ''}`
  return `${at % 1_000_000} ${method} ${path}: body ${half(bodyHalf)}, cookie ${half(cookieHalf)} → ${answer}`
}
