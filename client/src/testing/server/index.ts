import { CookieJar } from './jar.js'
import { send } from './network.js'
import { Service } from './service.js'
import type {
  FakeAuthServer, FakeAuthServerOptions, FakeBrowser, FakeBrowserOptions, FakeTab,
} from './types.js'
import { World } from './world.js'

/**
 * The service in the memory of a test: `fetch` functions in place of a network, with the rules that pages
 * rely on and the faults that networks have. It checks no signature and keeps passwords as they are.
 *
 * ```ts
 * const server = fakeAuthServer()
 * server.addUser({ email: 'ada@example.com', password: 'a long enough passphrase' })
 * server.route('/api/orders', (_request, caller) => ({ of: caller?.user.email }))
 * const browser = server.browser()
 * const auth = createAuthClient({ mode: 'dual', baseUrl: server.origin, fetch: browser.fetch })
 * ```
 */
export function fakeAuthServer(options: FakeAuthServerOptions = {}): FakeAuthServer {
  const world = new World(options)
  const service = new Service(world, options)
  const { faults } = service
  const end = (email: string, sessionId?: string) => {
    const account = world.account(email)
    const sessions = account ? world.sessionsOf(account) : []
    for (const session of sessions) if (!sessionId || session.id === sessionId) session.ended = true
  }
  return {
    origin: world.settings.origin,
    browser: (options) => makeBrowser(service, options),
    addUser: ({ email, password, roles }) => world.addAccount(email, password, roles).user,
    route: (address, handler) => service.route(address, handler),
    now: () => world.now(),
    advance: (milliseconds) => world.advance(milliseconds),
    loseNextResponse: (operation) => faults.plan({ lose: true }, operation),
    splitNextResponse: (operation) => faults.plan({ split: true }, operation),
    delayNext: (delay, operation) => faults.plan({ delay }, operation),
    failNext: (status, operation) => faults.plan({ status }, operation),
    failFor: (milliseconds, { status = 503, retryAfter, operation } = {}) =>
      faults.plan({ status, retryAfter }, operation, world.now() + milliseconds),
    offline: (on) => service.offline(on),
    endSessions: end,
    setRoles(email, roles) {
      const account = world.account(email)
      if (!account) return
      account.user = { ...account.user, roles: [...roles].sort() }
      const bar = Math.ceil(world.now() / 1000)
      for (const session of world.sessionsOf(account)) session.tokensNotBefore = bar
    },
    disableUser(email) {
      end(email)
      const account = world.account(email)
      if (account) account.enabled = false
    },
    get calls() {
      return service.calls
    },
    get counts() {
      return service.counts
    },
    clearCalls() {
      service.calls = []
    },
  }
}

function makeBrowser(service: Service, options: FakeBrowserOptions = {}): FakeBrowser {
  const { origin: page = service.world.settings.origin, cookies = 'kept' } = options
  const jar = new CookieJar()
  let offline = false
  const tab = (): FakeTab => {
    let closed = false
    const side = { page, jar, keepsCookies: cookies === 'kept', isOffline: () => offline, isClosed: () => closed }
    return { fetch: (input, init) => send(service, side, input, init), close: () => void (closed = true) }
  }
  return {
    fetch: tab().fetch,
    tab,
    get cookies() {
      return jar.all(service.world.now())
    },
    setCookies: (cookies) => jar.replace(cookies),
    offline: (on) => void (offline = on),
  }
}

