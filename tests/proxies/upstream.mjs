// An API behind a proxy's guard: it tells what arrives, and believes every word of it.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'

const WEBSOCKET = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

export async function startUpstream() {
  const seen = []
  const sockets = new Set()
  const server = createServer((request, response) => answer(request, response, seen))
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request, socket) => upgrade(request, socket, seen))
  const listen = async (port) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const stop = async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  await listen(0)
  const { port } = server.address()
  return {
    port,
    stop,
    resume: () => listen(port),
    /** Whether a request for something with this in its address has arrived. */
    saw: (text) => seen.some((url) => url.includes(text)),
  }
}

async function answer(request, response, seen) {
  seen.push(request.url)
  const hash = createHash('sha256')
  let length = 0
  request.on('error', () => {})
  for await (const chunk of request) {
    // The first bytes, while the last ones are still to come.
    if (length === 0) seen.push(`${request.url}#began`)
    hash.update(chunk)
    length += chunk.length
  }
  const { method, url, rawHeaders } = request
  const status = Number(/\/status\/(\d+)/.exec(url)?.[1] ?? 200)
  const body = JSON.stringify({ method, url, rawHeaders, length, sha256: hash.digest('hex') })
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(body)
}

/** One frame of text comes, and goes back with the headers that came with the handshake. */
function upgrade(request, socket, seen) {
  seen.push(request.url)
  const { upgrade, 'sec-websocket-key': key } = request.headers
  if (upgrade?.toLowerCase() !== 'websocket') return socket.end('HTTP/1.1 501 Not Implemented\r\n\r\n')
  const accept = createHash('sha1').update(key + WEBSOCKET).digest('base64')
  socket.on('error', () => {})
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  socket.once('data', (frame) => {
    const mask = frame.subarray(2, 6)
    const text = Buffer.from(frame.subarray(6)).map((byte, at) => byte ^ mask[at % 4])
    const said = JSON.stringify({ said: text.toString(), rawHeaders: request.rawHeaders })
    const head = Buffer.from([0x81, 126, said.length >> 8, said.length & 0xff])
    socket.end(Buffer.concat([head, Buffer.from(said)]))
  })
}
