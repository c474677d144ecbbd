// A resource server that verifies pairs itself: GET /me answers who is calling.
//
//   ISSUER=http://localhost:8080 node server.mjs
//
// To learn of logouts, also CLIENT_ID and CLIENT_SECRET of a machine client.

import { createServer } from 'node:http'
import { KeySet, Unavailable } from './keys.mjs'
import { machineToken, Revocations } from './revocations.mjs'
import { PairVerifier, Refused } from './verify-pair.mjs'

const {
  ISSUER: issuer = 'http://localhost:8080',
  AUDIENCE: audience = 'tandem',
  TANDEM: tandem = issuer, // where Tandem is asked, if not at its public address
  PORT: port = '9000',
  CLIENT_ID: id, CLIENT_SECRET: secret,
} = process.env

let revocations
if (id !== undefined || secret !== undefined) {
  // To go on without would be to hear of no logout.
  if (!id || !secret) throw new Error('CLIENT_ID and CLIENT_SECRET: both or neither, and not empty')
  const token = machineToken({ url: `${tandem}/iam/oauth/token`, id, secret })
  revocations = new Revocations({ url: `${tandem}/api/auth/revocations`, token })
  revocations.keepLooking()
}
const keys = new KeySet(`${tandem}/.well-known/jwks.json`)
const verifier = new PairVerifier({ issuer, audience, keys, revocations })

/** Every line of a header. `request.headers` joins cookies and drops a second `Authorization`. */
function lines({ rawHeaders }, name) {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1].toLowerCase() === name)
}

function send(response, status, body, headers = {}) {
  const type = status === 200 ? 'application/json' : 'application/problem+json'
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store', ...headers })
  response.end(JSON.stringify(body))
}

function refuse(response, error) {
  if (error instanceof Refused) {
    const why = error.code === 'unauthenticated' ? '' : ', error="invalid_token"'
    // The page reads `code`: on access_expired it refreshes and tries again.
    return send(response, 401, { status: 401, code: error.code }, { 'WWW-Authenticate': `Bearer realm="tandem"${why}` })
  }
  if (error instanceof Unavailable) return send(response, 503, { status: 503, code: 'unavailable' }, { 'Retry-After': '1' })
  console.error(error)
  send(response, 500, { status: 500, code: 'internal' })
}

const server = createServer(async (request, response) => {
  if (request.url !== '/me') return send(response, 404, { status: 404, code: 'not_found' })
  try {
    send(response, 200, await verifier.verify(lines(request, 'authorization'), lines(request, 'cookie')))
  } catch (error) {
    refuse(response, error)
  }
})
server.listen(Number(port), '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`))
