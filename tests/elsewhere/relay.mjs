// Stands between the examples and the service: counts their looks at the keys, says for how long they
// may keep them, and can be away. The revocations it makes up, see fake-revocations.mjs.

import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerRevocations } from './fake-revocations.mjs'

export class Relay {
  looks = {} // by example: how often it asked for the keys
  maxAge // seconds; undefined: as the service says
  away = false
  delay = 0 // milliseconds, of an answer with keys

  async start(service) {
    this.service = service
    this.server = createServer((request, response) => this.#answer(request, response))
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done))
    this.url = `http://127.0.0.1:${this.server.address().port}`
  }

  stop() {
    this.server?.close()
    this.server?.closeAllConnections()
  }

  /** `/<example>/<path>`: so that each example's requests can be told from the others'. */
  async #answer(request, response) {
    const [, name, path] = /^\/([a-z]+)(\/.*)$/.exec(request.url)
    if (path !== '/.well-known/jwks.json') return answerRevocations(request, path, response)
    this.looks[name] = (this.looks[name] ?? 0) + 1
    if (this.away) return response.writeHead(502).end()
    await sleep(this.delay)
    const answer = await fetch(this.service.url + path)
    const cache = this.maxAge === undefined ? answer.headers.get('cache-control') : `public, max-age=${this.maxAge}`
    response.writeHead(answer.status, { 'Content-Type': 'application/json', 'Cache-Control': cache })
    response.end(await answer.text())
  }
}
