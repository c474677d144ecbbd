// The real program as it runs behind a proxy, and its honest users.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { startTandem } from '../browser/server.mjs'

export const ISSUER = 'https://api.example.com'
export const ACCESS_COOKIE = '__Host-tandem-access'

const password = 'a long enough passphrase'

export class Service {
  #program
  #settings

  constructor(program, directory) {
    this.#program = program
    this.#settings = {
      TANDEM_SERVER__PUBLIC_URL: ISSUER,
      TANDEM_DATABASE__URL: `sqlite://${join(directory, 'tandem.db')}?mode=rwc`,
      TANDEM_KEYS__MASTER_KEY: randomBytes(32).toString('base64'),
      // Short, so that a planned change of keys can be watched.
      TANDEM_KEYS__JWKS_MAX_AGE: '3s',
      // A login for every look.
      TANDEM_TOKENS__MAX_SESSIONS: '1000',
      // Hashing is not what is tested here.
      TANDEM_PASSWORDS__MEMORY: '8192',
      TANDEM_PASSWORDS__ITERATIONS: '1',
    }
  }

  async start() {
    this.server = await startTandem(this.#program, this.#settings)
    this.url = this.server.url
  }

  /** Runs a command of the program beside the service. */
  command(args, input = '') {
    const env = { PATH: process.env.PATH, ...this.#settings }
    const { status, stdout, stderr } = spawnSync(this.#program, [...args, '--dev'], { env, input, encoding: 'utf8' })
    assert.equal(status, 0, `tandem ${args.join(' ')}: ${stderr}`)
    return stdout
  }

  /** Whether the program has this command. */
  knows(command) {
    return spawnSync(this.#program, [command, '--help']).status === 0
  }

  /** Brings a key in; the moment that it may sign is the service's matter. */
  importKey(key, { now }) {
    const pem = key.private.export({ type: 'pkcs8', format: 'pem' })
    this.command(['keys', 'import', '--ring', key.half, ...(now ? ['--now'] : [])], pem)
  }

  async register() {
    const email = `${randomUUID()}@example.com`
    const answer = await this.#post('/api/auth/register', { email, password })
    assert.equal(answer.status, 202, await answer.text())
    return new User(this, email)
  }

  /** Both halves, out of an answer to login or refresh. */
  async tokens(path, body, headers) {
    const answer = await this.#post(path, body, headers)
    assert.equal(answer.status, 200, `${path}: ${await answer.clone().text()}`)
    const { access_token, refresh_token } = await answer.json()
    const cookies = answer.headers.getSetCookie().map((line) => line.split(';')[0])
    const cookie = cookies.find((pair) => pair.startsWith(`${ACCESS_COOKIE}=`)).slice(ACCESS_COOKIE.length + 1)
    return { body: access_token, cookie, refresh_token, cookies }
  }

  #post(path, body, headers = {}) {
    return this.post(path, { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
  }

  post(path, options) {
    return fetch(this.url + path, { method: 'POST', ...options })
  }
}

class User {
  #service

  constructor(service, email) {
    this.#service = service
    this.email = email
  }

  login() {
    return this.#service.tokens('/api/auth/login', { email: this.email, password })
  }

  refresh({ body, cookies, refresh_token }) {
    const headers = { authorization: `Bearer ${body}`, cookie: cookies.join('; ') }
    return this.#service.tokens('/api/auth/refresh', { refresh_token }, headers)
  }

  async logout({ body, cookies }) {
    const headers = { authorization: `Bearer ${body}`, cookie: cookies.join('; ') }
    assert.equal((await this.#service.post('/api/auth/logout', { headers })).status, 204)
  }
}
