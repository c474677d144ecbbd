// Between the browser and the service: passes everything on as it is, and has the journal look at it.

import { createServer, request as ask } from 'node:http'

/**
 * `tamper` may change what passes through: `request` a request's headers, `answer` an answer's. The tests take
 * defences away with it.
 */
export async function startWire({ upstream, journal, tamper }) {
  const { hostname: host, port } = new URL(upstream)
  const wire = createServer((request, response) => {
    const { method, url } = request
    const headers = tamper.request?.(request.headers) ?? request.headers
    const onwards = ask({ host, port, method, path: url, headers }, async (answer) => {
      const chunks = []
      for await (const chunk of answer) chunks.push(chunk)
      const body = Buffer.concat(chunks)
      journal.note({ request, answer, body: body.toString() })
      const { 'transfer-encoding': _, ...theirs } = answer.headers
      response.writeHead(answer.statusCode, tamper.answer?.(theirs, request) ?? theirs).end(body)
    })
    onwards.on('error', () => response.destroy())
    request.pipe(onwards)
  })
  await new Promise((done) => wire.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${wire.address().port}`,
    stop: () => { wire.closeAllConnections(); wire.close() },
  }
}
