// What is typed behind `npm start --`, and whether the port is free. Nothing here needs to be installed first.

import { once } from 'node:events'
import { connect } from 'node:net'
import { parseArgs } from 'node:util'

/** Prints `usage` and ends the program, if that was asked for or nothing else can be done. `port` becomes a number. */
export function commandLine(usage, options) {
  const all = { ...options, port: { type: 'string', ...options.port }, help: { type: 'boolean', short: 'h' } }
  try {
    const { values: { help, port, ...others } } = parseArgs({ options: all })
    if (help) {
      console.log(usage)
      process.exit(0)
    }
    return { ...others, port: numberOf(port) }
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`)
    process.exit(2)
  }
}

function numberOf(port) {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) throw new Error(`--port ${port}: a number up to 65535 is needed`)
  return Number(port)
}

/** Whoever answers would be what the browser shows. Port 0 is one that is free. */
export async function expectFree(port) {
  if (port === 0) return
  // Either may be what `localhost` is to a browser.
  for (const host of ['127.0.0.1', '::1']) {
    if (!(await answers(port, host))) continue
    throw new Error(`port ${port} is already in use; try: ${typed()} -- --port ${port === 8000 ? 8001 : 8000}`)
  }
}

async function answers(port, host) {
  const socket = connect(port, host)
  const connected = await once(socket, 'connect').then(() => true, () => false)
  socket.destroy()
  return connected
}

/** The command as it was typed. */
function typed() {
  const script = process.env.npm_lifecycle_event ?? 'start'
  return script === 'start' ? 'npm start' : `npm run ${script}`
}
