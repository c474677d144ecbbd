// An API of the app's own, guarded as the documentation says: it asks the service about each request.

const problem = (status, code) => ({
  status, cookies: [], headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify({ status, code }),
})

/** What refuses whoever asks, in the app's own words, in the service's, or in those of a proxy before it. */
const REFUSALS = {
  '/app/refuses': problem(401, 'no_seat_left'),
  '/app/forbids': problem(403, 'not_yours'),
  '/app/behind-nginx': { ...problem(401, ''), headers: { 'content-type': 'text/html' }, body: '<h1>401</h1>' },
  '/app/says-expired': problem(401, 'access_expired'),
  '/app/says-invalid': problem(401, 'invalid_token'),
}

export async function appAnswer(upstream, request, url, body) {
  if (REFUSALS[url.pathname]) return REFUSALS[url.pathname]
  const { authorization = '', cookie = '' } = request.headers
  const headers = { authorization, cookie, 'x-forwarded-method': request.method }
  const verdict = await fetch(`${upstream}/api/auth/verify`, { headers })
  if (!verdict.ok) return { ...problem(verdict.status, ''), body: await verdict.text() }
  const echo = { method: request.method, body: body.toString(), subject: verdict.headers.get('x-auth-subject') }
  return { ...problem(200, ''), headers: { 'content-type': 'application/json' }, body: JSON.stringify(echo) }
}
