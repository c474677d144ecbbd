// The service, the example app with its "injected script" switch, and the attackers' hosts, in one command.

import { commandLine, expectFree } from '../spa/start/command-line.mjs'
import { prepare } from '../spa/start/prepare.mjs'

const USAGE = `The service, the example app and the attackers' hosts. Ctrl-C ends all of it.

  npm start

Options, behind \`--\` (npm start -- --port 8000):

  --port NUMBER       where the app is; the attackers are at the next one. 0 takes two that are free     [5180]
  --program PATH      the service     [target/release/tandem or target/debug/tandem; built if there is none]
  --help`

const options = commandLine(USAGE, { port: { type: 'string', default: '5180' }, program: { type: 'string' } })
const { port } = options
const attackersPort = port && port + 1

let running
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, async () => {
    await running?.stop()
    process.exit(0)
  })
}

try {
  for (const one of [port, attackersPort]) await expectFree(one)
  const program = prepare(options.program)
  // Not before: it needs what has just been installed.
  const { openLab } = await import('./lab/open.mjs')
  running = await openLab({ program, port, attackersPort })
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
