// What goes over the wire between the victim's browser and the service. The entries tell which halves there were,
// never what they are. The jar and the body half are what malware in the browser would have; no page can ask
// for them, only the thief's program in this process.

/** A token, whole or in part, where none may be. */
const TOKEN = /eyJ[\w-]{8}|tdm_(rtb|rtc|ses)_/

/** In the address of a request, or in the one that it came from. */
export const leaks = ({ url, headers: { referer = '' } }) => TOKEN.test(decodeURIComponent(url)) || TOKEN.test(referer)

export function createJournal() {
  const entries = []
  const copy = { cookies: {}, access: null, refresh: null }

  const note = ({ request: { method, url, headers }, answer, body }) => {
    const cookies = answer.headers['set-cookie'] ?? []
    entries.push({
      method, path: url.split('?')[0], status: answer.statusCode,
      origin: headers.origin ?? null,
      bodyHalf: 'authorization' in headers,
      cookieHalf: /tandem-(access|refresh|session)=/.test(headers.cookie ?? ''),
      refreshCookies: (headers.cookie ?? '').split('__Secure-tandem-refresh=').length - 1,
      setCookies: cookies.map((line) => line.split('=')[0]),
      leak: leaks({ url, headers }),
    })
    keep(copy, cookies, body)
  }
  return { entries, note, copy: () => ({ ...copy, cookies: { ...copy.cookies } }) }
}

function keep(copy, cookies, body) {
  for (const line of cookies) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
    if (/max-age=0/i.test(line)) delete copy.cookies[name]
    else copy.cookies[name] = value
  }
  const tokens = parsed(body)
  if (!tokens?.access_token) return
  copy.access = tokens.access_token
  copy.refresh = tokens.refresh_token ?? null
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
