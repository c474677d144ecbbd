// Whatever a page must not do, noted from the start.

// The attacker's, to whom the injected script of the lab sends what it has.
const COLLECTOR = 'evil.test'

/** Returns a function that tells what has been found so far. A refused call that was meant is none. */
export async function collectComplaints(page, { url, api }) {
  const found = []
  page.on('request', (request) => {
    const { origin, hostname, protocol } = new URL(request.url())
    const known = [url, api, url.replace('http', 'ws')].includes(origin) || hostname === COLLECTOR
    if (/^(https?|wss?):$/.test(protocol) && !known) {
      found.push(`request to ${origin}`)
    }
    if (/eyJ|tdm_/.test(request.url())) found.push('something like a token in an address')
  })
  page.on('pageerror', (error) => found.push(`uncaught: ${error.message}`))
  page.on('console', (message) => {
    const text = message.text()
    if (/eyJ|tdm_/.test(text)) found.push('something like a token in the console')
    const meant = /Failed to load resource: (the server responded with a status of 4|net::ERR_INTERNET_DISCONNECTED)/
    if (['error', 'warning'].includes(message.type()) && !meant.test(text)) found.push(`console: ${text}`)
  })
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI}`)
    })
  })
  return () => found
}
