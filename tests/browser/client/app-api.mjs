// An API of the app's own, guarded as the documentation says: it asks the service about each request.

const problem = (status, code) => ({
  status, cookies: [], headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify({ status, code }),
})

export async function appAnswer(upstream, request, url, body) {
  if (url.pathname === '/app/refuses') return problem(401, 'no_seat_left')
  if (url.pathname === '/app/forbids') return problem(403, 'not_yours')
  const { authorization = '', cookie = '' } = request.headers
  const headers = { authorization, cookie, 'x-forwarded-method': request.method }
  const verdict = await fetch(`${upstream}/api/auth/verify`, { headers })
  if (!verdict.ok) {
    // As nginx does if it is not told otherwise.
    if (url.pathname === '/app/behind-nginx') return { ...problem(401, ''), body: '<h1>401</h1>' }
    return { ...problem(verdict.status, ''), body: await verdict.text() }
  }
  const echo = { method: request.method, body: body.toString(), subject: verdict.headers.get('x-auth-subject') }
  return { ...problem(200, ''), headers: { 'content-type': 'application/json' }, body: JSON.stringify(echo) }
}
