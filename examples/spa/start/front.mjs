// Ends TLS, and passes on by the name that the browser asks for.

import { once } from 'node:events'
import { connect } from 'node:net'
import { createServer } from 'node:tls'

/** `route` says which port of this machine has a host. One connection is for one host: there is no HTTP/2 here. */
export async function startFront({ key, cert, port, route }) {
  const open = new Set()
  const front = createServer({ key, cert }, (theirs) => {
    const ours = connect(route(theirs.servername || ''), '127.0.0.1')
    for (const [from, to] of [[theirs, ours], [ours, theirs]]) {
      open.add(from)
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => { open.delete(from); to.destroy() })
    }
  })
  front.listen(port, '127.0.0.1')
  await once(front, 'listening')
  return {
    close: async () => {
      for (const socket of open) socket.destroy()
      front.close()
      await once(front, 'close')
    },
  }
}
