// Stands between the browser and the service, so that page and service are of one origin: hands out the
// test page, plays an API of the app's own, passes everything else on, and makes the faults a network
// makes, by rule or at random. Writes down what each request carried; never a token.

import { createServer, request as ask } from 'node:http'
import { createSecureServer } from 'node:http2'
import { carried, generationOf } from './carried.mjs'
import { appAnswer } from './app-api.mjs'

const SERVICE = /^\/(api|iam|\.well-known|health|problems|docs)(\/|$)/

/**
 * @param {{ files: Record<string, [string, string]>, foreign?: string[], tls?: object }} options what is
 *   handed out: a path, its type and text; hosts that are not ours; key and certificate
 */
export async function startProxy({ files, foreign = [], tls }) {
  const proxy = { upstream: null, seen: [], rules: [], chance: null }

  const handle = async (request, response) => {
    const body = await bodyOf(request)
    const url = new URL(request.url, 'http://localhost')
    const host = request.headers[':authority'] ?? request.headers.host
    if (foreign.includes(host.split(':')[0])) return page(response, '<title>elsewhere</title>')
    const isApp = url.pathname.startsWith('/app/')
    if (!isApp && !SERVICE.test(url.pathname)) return hand(files, url.pathname, response)

    const entry = { ...carried(request, url, body), status: null, fault: null, setCookies: [], generation: null }
    proxy.seen.push(entry)
    // Set at the end: whether the tab has gone before there was an answer, or a fault has kept it from it.
    response.once('close', () => { entry.unheard = !response.writableFinished })
    const reach = () => (isApp ? appAnswer(proxy.upstream, request, url, body) : passOn(proxy.upstream, request, body))
    const exchange = {
      entry,
      request,
      response,
      /** The answer of the service, or of the app. */
      answer: async () => {
        const answer = await reach()
        entry.status = answer.status
        entry.setCookies = answer.cookies.map((line) => line.split('=')[0])
        entry.generation = generationOf(answer.body)
        return answer
      },
      /** Its headers, and nothing more yet. */
      begin: (answer) => response.writeHead(answer.status, headersFor(response, answer)).flushHeaders(),
      give: (answer) => response.writeHead(answer.status, headersFor(response, answer)).end(answer.body),
    }
    const fault = pick(proxy, entry)
    entry.fault = fault?.fault ?? null
    await (fault ?? plainly)(exchange)
  }

  const listen = (request, response) => handle(request, response).catch(() => response.destroy())
  // HTTP/2, as Chromium streams a body over nothing less.
  const listener = tls ? createSecureServer({ ...tls, allowHTTP1: true }, listen) : createServer(listen)
  await new Promise((done) => listener.listen(0, '127.0.0.1', done))
  proxy.port = listener.address().port
  proxy.origin = `http://localhost:${proxy.port}`
  /** From now on, `fault` for the next `times` requests of that path. */
  proxy.fault = (path, fault, times = Infinity) => proxy.rules.push({ path, fault, times })
  proxy.heal = () => { proxy.rules.length = 0; proxy.chance = null }
  proxy.requests = (path, from = 0) => proxy.seen.slice(from).filter((entry) => entry.path === path)
  const sockets = new Set()
  listener.on('connection', (socket) => sockets.add(socket.once('close', () => sockets.delete(socket))))
  proxy.stop = () => { sockets.forEach((socket) => socket.destroy()); listener.close() }
  return proxy
}

const plainly = async ({ answer, give }) => give(await answer())

function pick(proxy, entry) {
  const rule = proxy.rules.find(({ path, times }) => path === entry.path && times > 0)
  if (!rule) return proxy.chance?.(entry)
  rule.times -= 1
  return rule.fault
}

async function bodyOf(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function page(response, text) {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
  response.end(text)
}

function hand(files, path, response) {
  const [type, text] = files[path] ?? files['/']
  response.writeHead(files[path] || !path.includes('.') ? 200 : 404, { 'content-type': type }).end(text)
}

/**
 * Every answer ends its connection, where there is one for each. Chromium sends a request once more by itself
 * if a connection that it has used before ends without an answer, and then a fault is none.
 */
const headersFor = ({ stream }, { headers }) => (stream ? headers : { ...headers, connection: 'close' })

function passOn(upstream, { method, url, headers }, body) {
  return new Promise((resolve, reject) => {
    const { hostname: host, port } = new URL(upstream)
    const theirHost = { host: headers[':authority'] ?? headers.host, connection: 'close' }
    const named = Object.entries(headers).filter(([name]) => !name.startsWith(':'))
    const onwards = ask({ host, port, method, path: url, headers: { ...Object.fromEntries(named), ...theirHost } })
    onwards.on('error', reject)
    onwards.on('response', async (theirs) => {
      const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...rest } = theirs.headers
      const cookies = theirs.headers['set-cookie'] ?? []
      resolve({ status: theirs.statusCode, headers: rest, cookies, body: await bodyOf(theirs) })
    })
    onwards.end(body)
  })
}
