// The service and the app in one command. What is missing is installed and built first.
//
//   npm start                        one origin, http://localhost:5173
//   npm run start:siblings           sibling hosts, https://ui.tandem.localhost:5173 and api.…
//   npm run start:built              the production build with its Content-Security-Policy
//
//   node start.mjs [--siblings] [--built] [--lab] [--port NUMBER] [--program PATH]
//
// --lab puts the attack lab into the production build, too. Ctrl-C ends everything.

import { parseArgs } from 'node:util'
import { prepare } from './start/prepare.mjs'

const { values } = parseArgs({
  options: {
    siblings: { type: 'boolean', default: false },
    built: { type: 'boolean', default: false },
    lab: { type: 'boolean', default: false },
    port: { type: 'string', default: '5173' },
    program: { type: 'string' },
  },
})

let running
let ending = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, async () => {
    if (ending) return
    ending = true
    await running?.stop()
    process.exit(0)
  })
}

try {
  const program = prepare(values.program)
  // Not before: it needs what has just been installed.
  const { serve } = await import('./start/serve.mjs')
  running = await serve({ ...values, program, port: Number(values.port) })
  console.log(greeting(running))
  running.ended.then((why) => {
    if (ending) return
    console.error(`the service has ended:\n${why}`)
    process.exit(1)
  })
} catch (error) {
  console.error(`start: ${error.message}`)
  process.exitCode = 1
}

function greeting({ url, api, certificate }) {
  const lines = ['', `  The app:      ${url}`]
  if (certificate) {
    lines.push(
      `  The service:  ${api}`,
      '',
      '  The certificate was made just now and nobody vouches for it. A browser that takes it, and',
      '  forgets everything when it is closed:',
      '',
      `    chromium --user-data-dir="$(mktemp -d)" --ignore-certificate-errors-spki-list=${certificate.pin} ${url}`,
      '',
      `  Or accept the warning twice, at ${url} and at ${api}/health/live`,
    )
  }
  return [...lines, '', '  Ctrl-C ends both.', ''].join('\n')
}
