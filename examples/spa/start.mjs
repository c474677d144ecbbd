// The service and the app in one command. What is missing is installed and built first.

import { commandLine, expectFree } from './start/command-line.mjs'
import { prepare } from './start/prepare.mjs'

const USAGE = `The service and the example app. Ctrl-C ends both.

  npm start                   one origin, http://localhost:5173
  npm run start:siblings      sibling hosts, https://ui.tandem.localhost:5173 and api.…
  npm run start:built         the production build with its Content-Security-Policy

Options, behind \`--\` (npm start -- --port 8000):

  --port NUMBER       where the app is; 0 takes one that is free     [5173]
  --siblings          page and service on sibling hosts, over https
  --built             the production build
  --lab               puts the attack lab into the production build, too
  --program PATH      the service     [target/release/tandem or target/debug/tandem; built if there is none]
  --help`

const options = commandLine(USAGE, {
  siblings: { type: 'boolean', default: false },
  built: { type: 'boolean', default: false },
  lab: { type: 'boolean', default: false },
  port: { type: 'string', default: '5173' },
  program: { type: 'string' },
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
  await expectFree(options.port)
  const program = prepare(options.program)
  // Not before: it needs what has just been installed.
  const { serve } = await import('./start/serve.mjs')
  running = await serve({ ...options, program })
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
