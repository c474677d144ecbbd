// The service, the example app with its "injected script" switch, and the attackers' hosts, in one command.
//
//   npm start
//   node start.mjs [--port NUMBER] [--program PATH]
//
// The app is at the port, the attackers are at the next one. Ctrl-C ends everything.

import { parseArgs } from 'node:util'
import { prepare } from '../spa/start/prepare.mjs'

const { values } = parseArgs({
  options: { port: { type: 'string', default: '5180' }, program: { type: 'string' } },
})
const port = Number(values.port)

let running
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, async () => {
    await running?.stop()
    process.exit(0)
  })
}

try {
  const program = prepare(values.program)
  // Not before: it needs what has just been installed.
  const { openLab } = await import('./lab/open.mjs')
  running = await openLab({ program, port, attackersPort: port && port + 1 })
  console.log(greeting(running))
} catch (error) {
  console.error(`attack lab: ${error.message}`)
  process.exitCode = 1
}

function greeting({ app, foreign, sibling, pins }) {
  return `
  A foreign site:      ${foreign}
  A sibling host:      ${sibling}
  The app they attack: ${app}

  The certificates were made just now and nobody vouches for them. A browser that takes them, knows the
  names without any hosts file, and forgets everything when it is closed:

    chromium --user-data-dir="$(mktemp -d)" --ignore-certificate-errors-spki-list=${pins.join(',')} \\
      ${foreign} ${sibling}

  Ctrl-C ends all of it.
`
}
