// Hosts over https, with a certificate made on the spot: the service and a page on one of them, the page
// on a sibling, and two that belong to others.

import { makeCertificate } from '../../../examples/spa/start/certificate.mjs'
import { startTandem } from '../server.mjs'
import { startProxy } from './fault-proxy.mjs'
import { SERVICES, createSite } from './world.mjs'

const HOSTS = { api: 'api.tandem.test', ui: 'ui.tandem.test', sibling: 'other.tandem.test', evil: 'evil.test' }

/** A site whose `hosts` are origins. */
export async function startSecure({ browser, program, files }) {
  const proxy = await startProxy({ files, foreign: [HOSTS.sibling, HOSTS.evil], tls: makeCertificate(Object.values(HOSTS)) })
  const hosts = Object.fromEntries(Object.entries(HOSTS).map(([name, host]) => [name, `https://${host}:${proxy.port}`]))
  const service = await startTandem(program, {
    ...SERVICES.calm, TANDEM_SERVER__PUBLIC_URL: hosts.api, TANDEM_SERVER__ALLOWED_ORIGINS: hosts.ui,
  })
  proxy.upstream = service.url
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  const site = createSite({ browser, context, proxy, service, origin: hosts.api })
  return Object.assign(site, { hosts, ui: `/dual?api=${hosts.api}`, stop: service.stop })
}
