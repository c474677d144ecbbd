// What a test is given: services with short lifetimes, a browser, and a fresh site between the two.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { startTandem } from '../server.mjs'
import { movable } from './device.mjs'
import { startProxy } from './fault-proxy.mjs'
import { startSecure } from './secure.mjs'

/** Argon2id is not what is tested here. */
const QUICK = { TANDEM_PASSWORDS__MEMORY: '8', TANDEM_PASSWORDS__ITERATIONS: '1' }

export const SERVICES = {
  /** A pair lives for two seconds, and passes for some more: it is the client's clock that counts. */
  short: {
    ...QUICK,
    TANDEM_TOKENS__ACCESS_TTL: '2s',
    TANDEM_TOKENS__REUSE_INTERVAL: '1s',
    TANDEM_SERVER__REQUEST_TIMEOUT: '900ms',
    TANDEM_SESSION_FLOW__ACCESS_TTL: '2s',
  },
  /** A pair is refused after four seconds. */
  strict: {
    ...QUICK, TANDEM_TOKENS__ACCESS_TTL: '4s', TANDEM_TOKENS__REUSE_INTERVAL: '1s', TANDEM_TOKENS__LEEWAY: '0s',
  },
  /** As in production. */
  calm: QUICK,
  /** Each refresh rotates: no pair is too young for it. */
  restless: { ...QUICK, TANDEM_TOKENS__REUSE_INTERVAL: '1ms' },
}

export async function createWorld({ browser, program, files }) {
  const services = new Map()
  /** Started when the first test asks for it, and shared. */
  const serviceOf = (name) => {
    if (!services.has(name)) services.set(name, startTandem(program, SERVICES[name]))
    return services.get(name)
  }

  /** For one test: a site per call, and all of them end with it. */
  const visit = () => {
    const sites = []
    return {
      figures: [],
      site: async (name) => {
        const service = await serviceOf(name)
        const proxy = await startProxy({ files })
        proxy.upstream = service.url
        const context = await browser.newContext()
        await movable(context)
        const site = createSite({ browser, context, proxy, service })
        sites.push(site)
        return site
      },
      /** The same over https, with a service of its own and hosts of others beside it. */
      secure: async () => {
        const site = await startSecure({ browser, program, files })
        sites.push(site)
        return site
      },
      end: async () => {
        for (const { contexts, proxy, stop } of sites) {
          await Promise.all(contexts.map((context) => context.close()))
          proxy.stop()
          await stop?.()
        }
        return sites
      },
    }
  }
  const stop = () => Promise.all([...services.values()].map(async (service) => (await service).stop()))
  return { visit, stop }
}

export function createSite({ browser, context, proxy, service, origin = proxy.origin }) {
  const contexts = [context]
  context.setDefaultTimeout(20_000)
  const site = {
    contexts, context, proxy, service, origin,
    account: async () => {
      const account = { email: `${randomUUID()}@example.com`, password: 'a long enough passphrase' }
      const answer = await fetch(`${service.url}/api/auth/register`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(account),
      })
      assert.equal(answer.status, 202)
      return account
    },
    /** Another browser, as far as cookies and storage go. */
    elsewhere: async () => {
      const other = await browser.newContext()
      contexts.push(other)
      return createSite({ browser, context: other, proxy, service, origin })
    },
    /** A tab whose client has made up its mind. */
    open: async (path = '/dual') => {
      const page = await context.newPage()
      await page.goto(`${origin}${path}`)
      await ready(page)
      return page
    },
    /** A tab of somebody who has just signed in. */
    signedIn: async (path = '/dual', account) => {
      account ??= await site.account()
      const page = await site.open(path)
      await signIn(page, account)
      return Object.assign(page, { account })
    },
  }
  return site
}

/** The first of them signs in, and the others find it done. */
export async function tabsOf(it, count, path = '/dual') {
  const first = await it.signedIn(path)
  const tabs = [first]
  while (tabs.length < count) tabs.push(await it.open(path))
  return { ...it, tabs, account: first.account }
}

// --- What tests do in a tab -------------------------------------------------------------------------

export const ready = (page) => page.evaluate(async () => { await window.auth.ready() })

export async function signIn(page, account) {
  const { error } = await page.evaluate((account) => window.outcome(window.auth.signIn(account)), account)
  assert.equal(error, undefined, `sign-in: ${error}`)
}

export const call = (page, path = '/app/echo', options) =>
  page.evaluate(([path, options]) => window.call(path, options), [path, options])

export const state = (page) => page.evaluate(() => window.auth.getState())

export const told = (page, name) =>
  page.evaluate((name) => window.told.filter((event) => event.name === name), name)

export const status = (page, wanted) =>
  page.waitForFunction((wanted) => window.auth.getState().status === wanted, wanted)

/** Until a client takes a pair of the service `short` for an old one. */
export const STALE = 2100

export const pause = (ms) => new Promise((done) => setTimeout(done, ms))

/** Waits for something in this process. Nothing is measured by it. */
export async function until(what, isSo) {
  for (let tries = 0; tries < 400; tries++) {
    if (await isSo()) return
    await pause(50)
  }
  assert.fail(`for ever without ${what}`)
}

// --- What the proxy has seen ------------------------------------------------------------------------

export const REFRESH = '/api/auth/refresh'

export const refreshes = (proxy, from) => proxy.requests(REFRESH, from)

/** How often sessions have moved on, by the generations in the answers. */
export function rotations(proxy) {
  const generations = refreshes(proxy).map(({ generation }) => generation).filter(Boolean)
  return new Set(generations.map(({ sid, gen }) => `${sid} ${gen}`)).size
}
