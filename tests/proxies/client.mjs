// A client that sends what it is told to, to whichever port stands for api.example.com.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request as sendPlain } from 'node:http'
import { request as send } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

const HOST = 'api.example.com'
const PASSWORD = 'a long enough passphrase'

/** One request on a connection of its own. A list as `body` is sent piece by piece, slowly. */
export async function call(port, path, { method = 'GET', headers = {}, body, from } = {}) {
  return answerTo(open(port, path, method, headers, from), body)
}

/** One request without TLS. */
export function callPlain(port, path) {
  return answerTo(sendPlain({ host: '127.0.0.1', port, path, headers: { Host: HOST }, agent: false }))
}

async function answerTo(request, body) {
  const answered = once(request, 'response')
  answered.catch(() => {})
  if (Array.isArray(body)) {
    for (const piece of body) {
      if (typeof piece === 'function') await piece()
      else request.write(piece)
    }
    request.end()
  } else {
    request.end(body)
  }
  const [response] = await answered
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  const { statusCode: status, headers: answer, rawHeaders } = response
  return { status, headers: answer, rawHeaders, text, json: () => JSON.parse(text) }
}

function open(port, path, method, headers, localAddress) {
  const target = { host: '127.0.0.1', localAddress, port, servername: HOST, rejectUnauthorized: false, agent: false }
  const request = send({ ...target, path, method, headers: { Host: HOST, ...headers }, timeout: 20_000 })
  request.on('timeout', () => request.destroy(new Error(`${method} ${path}: no answer within 20 s`)))
  return request
}

/** A handshake for `protocol`, and what came of it: for a WebSocket, a text sent and its echo. */
export async function upgrade(port, path, headers = {}, protocol = 'websocket') {
  const key = randomBytes(16).toString('base64')
  const request = open(port, path, 'GET', {
    Connection: 'Upgrade',
    Upgrade: protocol,
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': key,
    ...headers,
  })
  request.end()
  const answered = new Promise((done, fail) => {
    request.once('error', fail)
    request.once('response', async (response) => {
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      done({ status: response.statusCode, text, json: () => JSON.parse(text) })
    })
    request.once('upgrade', async (response, socket) => {
      socket.on('error', () => {})
      const mask = randomBytes(4)
      const said = Buffer.from('hello').map((byte, at) => byte ^ mask[at % 4])
      socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | said.length]), mask, said]))
      const frames = []
      for await (const chunk of socket) frames.push(chunk)
      const text = Buffer.concat(frames).subarray(4).toString()
      done({ status: response.statusCode, text, json: () => JSON.parse(text) })
    })
  })
  return Promise.race([answered, sleep(20_000, undefined, { ref: false }).then(() => Promise.reject(new Error('no answer')))])
}

/** At the service itself: proxies limit how often one may. */
export async function register(url, email) {
  const answer = await fetch(`${url}/api/auth/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password: PASSWORD }),
  })
  if (answer.status !== 202) throw new Error(`register: ${answer.status} ${await answer.text()}`)
}

/** A browser's two stores, as headers: both halves, and each of them alone. */
export async function login(port, email) {
  const answer = await logIn(port, email)
  const set = answer.headers['set-cookie'].filter((line) => !line.includes('Max-Age=0;'))
  const cookie = set.map((line) => line.split(';')[0]).join('; ')
  const { access_token: token, user, session } = answer.json()
  const [body, jar] = [{ Authorization: `Bearer ${token}` }, { Cookie: cookie }]
  return { body, jar, pair: { ...body, ...jar }, user: user.id, session: session.id }
}

export async function logIn(port, email, lies = {}, from) {
  const headers = { ...lies, 'Content-Type': 'application/json' }
  const body = JSON.stringify({ email, password: PASSWORD })
  const answer = await call(port, '/api/auth/login', { method: 'POST', headers, body, from })
  if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`)
  return answer
}
