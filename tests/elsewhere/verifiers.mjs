// The three examples as processes, and one way to ask them and the service the same question.

import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { ISSUER } from './service.mjs'

/** Starts one; `tandem` is where it asks for keys and revocations, `id` and `secret` what it shows there. */
export async function startVerifier({ command, args, cwd }, name, { tandem, id = name, secret = 'of-a-test' }) {
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env.PATH, ISSUER, TANDEM: tandem, PORT: '0', CLIENT_ID: id, CLIENT_SECRET: secret },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const port = await new Promise((found, fail) => {
    setTimeout(() => fail(new Error(`${name}: no address within 20 s:\n${log}`)), 20_000).unref()
    const read = (chunk) => {
      log += chunk
      const address = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(log)
      if (address) found(Number(address[1]))
    }
    child.stdout.setEncoding('utf8').on('data', read)
    child.stderr.setEncoding('utf8').on('data', read)
    child.once('error', fail)
    child.once('close', (status) => {
      process.off('exit', kill)
      fail(new Error(`${name} ended with status ${status}:\n${log}`))
    })
  })
  return {
    name,
    ask: (request) => ask(port, '/me', request),
    log: () => log,
    alive: () => child.exitCode === null,
    stop: () => { process.off('exit', kill); kill() },
  }
}

/** The service's own verdict, in the words of the examples. */
export async function askService(url, request) {
  const verdict = await ask(Number(new URL(url).port), '/api/auth/verify', request)
  if (verdict.code !== 'ok') return verdict
  const told = (name) => verdict.headers[`x-auth-${name}`]
  const roles = told('roles') ? told('roles').split(',') : []
  return { ...verdict, principal: { sub: told('subject'), sid: told('session'), roles } }
}

/**
 * Sends header lines as they are, a byte for each character: no client library would send some of them.
 * The verdict: `ok` and the principal, or the problem's code.
 */
async function ask(port, path, { authorization = [], cookie = [], patience = 15_000 }) {
  const lines = [
    `GET ${path} HTTP/1.1`, 'Host: api.example.com', 'Connection: close',
    ...authorization.map((value) => `Authorization: ${value}`), ...cookie.map((value) => `Cookie: ${value}`),
  ]
  const text = await new Promise((done, fail) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'))
    socket.setTimeout(patience, () => socket.destroy(new Error(`no answer on port ${port}`)))
    socket.setEncoding('utf8').on('data', (chunk) => { answer += chunk })
    socket.once('error', fail).once('close', () => done(answer))
  })
  const [head, ...rest] = text.split('\r\n\r\n')
  const [start, ...fields] = head.split('\r\n')
  const status = Number(start.split(' ')[1])
  const headers = Object.fromEntries(fields.map((field) => {
    const [name, ...value] = field.split(':')
    return [name.toLowerCase(), value.join(':').trim()]
  }))
  // Between the braces: the body may come in chunks.
  const json = /\{.*\}/s.exec(rest.join(''))?.[0]
  const body = json ? JSON.parse(json) : {}
  if (status !== 200) return { status, code: body.code, headers }
  const { sub, sid, roles } = body
  return { status, code: 'ok', headers, principal: { sub, sid, roles } }
}

/** A request as an honest page sends it. */
export function pair({ body, cookie }) {
  return { authorization: [`Bearer ${body}`], cookie: [`__Host-tandem-access=${cookie}`] }
}
