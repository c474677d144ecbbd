// The browser of all these tests: Debian's, with nothing of its own to say.

import { chromium } from 'playwright-core'

// Background requests to the browser's maker would drown what the page itself asks for. Chromium has
// no sandbox for root.
const FLAGS = [
  '--disable-background-networking', '--disable-component-update', '--disable-gpu', '--disable-quic',
  '--disable-sync', '--no-first-run', ...(process.getuid() === 0 ? ['--no-sandbox'] : []),
]

/** Starts it with further `flags` and options of Playwright's. */
export function launchChromium(flags = [], options = {}) {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  return chromium.launch({ executablePath, args: [...FLAGS, ...flags], ...options })
}

/** Names that are on this machine, whatever a resolver says. */
export const resolving = (hosts) => `--host-resolver-rules=${hosts.map((host) => `MAP ${host} 127.0.0.1`).join(', ')}`
