// Hosts over https, with a certificate made on the spot: the service and a page on one of them, the page
// on a sibling, and two that belong to others.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTandem } from '../server.mjs'
import { startProxy } from './fault-proxy.mjs'
import { SERVICES, createSite } from './world.mjs'

const HOSTS = { api: 'api.tandem.test', ui: 'ui.tandem.test', sibling: 'other.tandem.test', evil: 'evil.test' }

/** A site whose `hosts` are origins. */
export async function startSecure({ browser, program, files }) {
  const proxy = await startProxy({ files, foreign: [HOSTS.sibling, HOSTS.evil], tls: certificate() })
  const hosts = Object.fromEntries(Object.entries(HOSTS).map(([name, host]) => [name, `https://${host}:${proxy.port}`]))
  const service = await startTandem(program, {
    ...SERVICES.calm, TANDEM_SERVER__PUBLIC_URL: hosts.api, TANDEM_SERVER__ALLOWED_ORIGINS: hosts.ui,
  })
  proxy.upstream = service.url
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  const site = createSite({ browser, context, proxy, service, origin: hosts.api })
  return Object.assign(site, { hosts, ui: `/dual?api=${hosts.api}`, stop: service.stop })
}

function certificate() {
  const directory = mkdtempSync(join(tmpdir(), 'tandem-certificate-'))
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(directory, name))
  const names = Object.values(HOSTS).map((host) => `DNS:${host}`).join(',')
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=tandem.test', '-addext', `subjectAltName=${names}`, '-keyout', key, '-out', cert,
  ], { stdio: 'pipe' })
  const files = { key: readFileSync(key), cert: readFileSync(cert) }
  rmSync(directory, { recursive: true, force: true })
  return files
}
