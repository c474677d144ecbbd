// `/api/auth/revocations` and the machine token that opens it, as the examples expect them.
//
// A fake, because these tests want to say what was revoked and when Tandem is silent; real-revocations.mjs
// has the real thing.

const changes = [] // { at, id, ended, tokens_not_before }

export const revocations = {
  bound: 15, // seconds: nobody is to be refused because the machine is busy
  away: false,
  forgetTokens() { tokens.clear() },
  end(sid) { changes.push({ at: Date.now(), id: sid, ended: true, tokens_not_before: null }) },
  outdate(sid, seconds) { changes.push({ at: Date.now(), id: sid, ended: false, tokens_not_before: seconds }) },
}

const tokens = new Set()

export function answerRevocations(request, path, response) {
  const json = (status, body) => {
    response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    response.end(JSON.stringify(body))
  }
  const { authorization = '' } = request.headers
  if (revocations.away) return json(503, { code: 'unavailable' })
  if (path === '/iam/oauth/token') {
    const [, secret] = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':')
    if (request.method !== 'POST' || secret !== 'of-a-test') return json(401, { error: 'invalid_client' })
    const token = `machine-${tokens.size}`
    tokens.add(token)
    return json(200, { access_token: token, token_type: 'Bearer', expires_in: 600 })
  }
  const { pathname, searchParams } = new URL(path, 'http://relay')
  if (pathname !== '/api/auth/revocations') return json(404, { code: 'not_found' })
  if (!tokens.has(authorization.replace('Bearer ', ''))) return json(401, { code: 'invalid_token' })
  const since = Number(searchParams.get('since') ?? 0)
  const sessions = changes.filter(({ at }) => at >= since).map(({ at, ...session }) => session)
  json(200, { now: Date.now(), bound: revocations.bound, sessions })
}
