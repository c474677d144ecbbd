// The attackers' hosts, foreign and sibling, on one port. Both serve the same page; what it may ask this process
// is under /lab/. Tokens never go to the page: the thief's program takes them out of the journal by itself.

import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:https'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { leaks } from './journal.mjs'
import { operations } from './operations.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript' }

export async function startHosts({ certificate, port, journal, heists, setup }) {
  const visits = []
  const answers = {
    '/lab/setup': () => ({ ...setup, operations: operations(setup.attacker) }),
    '/lab/journal': (query) => ({
      entries: journal.entries.slice(Number(query.get('from'))),
      end: journal.entries.length,
    }),
    '/lab/visits': () => ({
      count: visits.length,
      caught: visits.filter(({ path }) => path === '/caught').length,
      leaks: visits.filter(({ leak }) => leak).length,
    }),
  }
  for (const [name, heist] of Object.entries(heists)) answers[`/lab/heist/${name}`] = (_, loot) => heist(loot)

  const listener = createServer({ key: certificate.key, cert: certificate.cert }, async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'https://lab')
    visits.push({ path: pathname, leak: leaks(request) })
    const answer = answers[pathname]
    try {
      if (answer) return json(response, 200, await answer(searchParams, await bodyOf(request)))
      file(response, pathname === '/' ? '/index.html' : pathname)
    } catch (error) {
      json(response, 500, { error: error.message })
    }
  })
  await new Promise((done, fail) => listener.once('error', fail).listen(port, '127.0.0.1', done))
  return {
    visits,
    port: listener.address().port,
    stop: () => { listener.closeAllConnections(); listener.close() },
  }
}

function json(response, status, value) {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
  response.writeHead(status, headers).end(JSON.stringify(value))
}

/** The page, its style and its scripts; nothing else of this directory. */
function file(response, path) {
  const served = /^\/(index\.html|style\.css|page\/[\w/-]+\.js)$/.test(path) && existsSync(join(root, path))
  if (!served) return response.writeHead(404).end()
  response.writeHead(200, { 'content-type': TYPES[extname(path)], 'cache-control': 'no-store' })
  createReadStream(join(root, path)).pipe(response)
}

async function bodyOf(request) {
  if (request.method !== 'POST') return {}
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return JSON.parse(text || '{}')
}
