// The stage: the app and the service on sibling hosts over https, and the hosts of the attackers. Chromium finds
// names under `localhost` without a hosts file, and takes `tandem.localhost` and `evil.localhost` for two sites.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificate } from '../../spa/start/certificate.mjs'
import { serve } from '../../spa/start/serve.mjs'
import { createHeists } from './heists.mjs'
import { startHosts } from './hosts.mjs'
import { createJournal } from './journal.mjs'
import { registered } from './thief.mjs'
import { startWire } from './wire.mjs'

export const DOMAIN = 'tandem.localhost'
const FOREIGN = 'evil.localhost'
const SIBLING = `blog.${DOMAIN}`

/** Short lives, so that nobody has to wait for a renewal, or for a copy to fall behind. */
const SETTINGS = {
  TANDEM_TOKENS__ACCESS_TTL: '20s',
  TANDEM_TOKENS__REUSE_INTERVAL: '2s',
  TANDEM_TOKENS__LEEWAY: '0s',
  TANDEM_SESSION_FLOW__ACCESS_TTL: '20s',
}

/** `tamper` may change what goes to the service and back. */
export async function openLab({ program, port = 0, attackersPort = 0, settings = {}, tamper = {} }) {
  const directory = mkdtempSync(join(tmpdir(), 'tandem-lab-'))
  const journal = createJournal()
  let wire
  const app = await serve({
    program, port, directory, domain: DOMAIN, siblings: true, built: true, lab: true,
    settings: { ...SETTINGS, ...settings },
    between: async (upstream) => {
      wire = await startWire({ upstream, journal, tamper })
      return wire.url
    },
  })
  const certificate = makeCertificate([FOREIGN, SIBLING])
  const attacker = await registered(app.service.url, 'mallory')
  const heists = createHeists({ service: app.service.url, origin: app.url, journal, attacker })
  const hosts = await startHosts({
    certificate, port: attackersPort, journal, heists,
    setup: { app: app.url, service: app.api, domain: DOMAIN, attacker },
  })
  const at = (host) => `https://${host}:${hosts.port}`
  return {
    app: app.url, api: app.api, service: app.service, journal, heists, attacker, tamper, visits: hosts.visits,
    foreign: at(FOREIGN), sibling: at(SIBLING), pins: [app.certificate.pin, certificate.pin],
    stop: async () => {
      hosts.stop()
      await app.stop()
      wire.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
