// Vite in front of the service: on one origin, told apart by path; on sibling hosts, told apart by host.

import { createServer as createListener } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, createServer, preview } from 'vite'
import { makeCertificate } from './certificate.mjs'
import { startFront } from './front.mjs'
import { startService } from './service.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

// A minute, so that one can watch a renewal. The default of the service is four.
const SETTINGS = { TANDEM_TOKENS__ACCESS_TTL: '60s' }

/**
 * `port` 0 takes one that is free. `domain` has two hosts, `ui.` and `api.`; names under `localhost` need no
 * entry in any hosts file. `settings` are environment variables of the service. On sibling hosts `between` may
 * put something in front of the service: it is given an address, and answers with another.
 */
export async function serve({
  program, port = 0, siblings = false, built = false, lab = !built,
  domain = 'tandem.localhost', directory = join(root, '.data'), settings = {},
  between = (address) => address,
}) {
  const chosen = port || (await freePort())
  const certificate = siblings ? makeCertificate([`ui.${domain}`, `api.${domain}`]) : null
  const url = siblings ? `https://ui.${domain}:${chosen}` : `http://localhost:${chosen}`
  const api = siblings ? `https://api.${domain}:${chosen}` : url
  const service = await startService({
    program,
    directory,
    settings: {
      ...SETTINGS,
      TANDEM_SERVER__PUBLIC_URL: api,
      ...(siblings && { TANDEM_SERVER__ALLOWED_ORIGINS: url }),
      ...settings,
    },
  })
  const closing = [service.stop]
  const stop = async () => { for (const close of closing.reverse()) await close() }
  try {
    const server = {
      host: '127.0.0.1',
      port: siblings ? await freePort() : chosen,
      strictPort: true,
      allowedHosts: [`.${domain}`],
      // Vite would let all pages under `localhost` read, and those of a foreign site may be among them.
      cors: false,
      proxy: siblings ? {} : { '^/(api|iam|\\.well-known|problems)/': { target: service.url } },
    }
    const pages = await (built ? serveBuilt({ server, lab, api }) : serveSource(server))
    closing.push(() => pages.close())
    if (siblings) {
      const ports = { ui: server.port, api: Number(new URL(await between(service.url)).port) }
      const front = await startFront({ ...certificate, port: chosen, route: (host) => ports[host.split('.')[0]] ?? ports.ui })
      closing.push(front.close)
    }
    return { url, api, certificate, service, ended: service.ended, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function serveSource(server) {
  const front = await createServer({ root, server, logLevel: 'warn', clearScreen: false })
  return front.listen()
}

async function serveBuilt({ server, lab, api }) {
  const mode = lab ? 'lab' : 'production'
  const outDir = lab ? 'dist-lab' : 'dist'
  await build({ root, mode, build: { outDir }, logLevel: 'error' })
  return preview({ root, mode, build: { outDir }, preview: { ...server, headers: headers(api) }, logLevel: 'warn' })
}

/** What a production server sends with the page. Vite's own page needs inline scripts, so it goes without. */
function headers(api) {
  const policy = [
    "default-src 'self'", `connect-src 'self' ${api}`, "object-src 'none'", "base-uri 'none'", "form-action 'self'",
    "frame-ancestors 'none'",
  ]
  return {
    'Content-Security-Policy': policy.join('; '),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  }
}

async function freePort() {
  const listener = createListener().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address()
  listener.close()
  await once(listener, 'close')
  return port
}
