// A browser around the client: one jar, one disk, its locks and channels, and tabs with a document each.
// Time is the test's own: see `until` and `pass`.

import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, vi } from 'vitest'
import { createAuthClient, type AuthClient, type AuthClientOptions, type AuthEvents } from '../../src/index.js'
import {
  fakeAuthServer, type FakeAuthServer, type FakeAuthServerOptions, type FakeBrowser,
} from '../../src/testing/index.js'
import { Channels } from './channels.js'
import { Locks } from './locks.js'

export const ADA = { email: 'ada@example.com', password: 'a long enough passphrase' }
export const EVE = { email: 'eve@example.com', password: 'another long passphrase' }

/** Time limits that have not been reached: the client never takes them back. */
let limits = 0

/** Timers of the client's own. */
export const timers = () => vi.getTimerCount() - limits

/** For all tests of a file: time is the test's own, and nothing is left of it afterwards. */
export function useVirtualTime() {
  beforeEach(() => {
    limits = 0
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'Date'] })
    vi.spyOn(AbortSignal, 'timeout').mockImplementation(limit)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
  })
}

function limit(milliseconds: number): AbortSignal {
  const stop = new AbortController()
  limits++
  setTimeout(() => {
    limits--
    stop.abort(new DOMException('too late', 'TimeoutError'))
  }, milliseconds)
  return stop.signal
}

/** Lets time pass, on the page and at the service. */
export const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)

/** What comes of it, however long that takes in virtual time. */
export async function until<T>(promise: Promise<T>, patience = 120_000): Promise<T> {
  let settled = false
  promise.then(() => (settled = true), () => (settled = true))
  for (let waited = 0; !settled && waited <= patience; waited += 20) await pass(waited < 20 ? 0 : 20)
  if (!settled) throw new Error(`nothing has come of it within ${patience / 1000} s`)
  return promise
}

/** What an `AuthError` was about, or what came instead. */
export const failure = (promise: Promise<unknown>): Promise<string> =>
  until(promise.then((value) => `none: ${String(value)}`, (error: { code?: string }) => error.code ?? String(error)))

type Told = AuthEvents['signedIn'] & AuthEvents['signedOut'] & AuthEvents['renewed'] & AuthEvents['renewFailed']

/** The part of a document that the client looks at. Here all tabs share one: a process has one `globalThis`. */
const newDocument = (baseURI: string) => ({ visibilityState: 'visible', baseURI })

/** Also the `globalThis` that its client listens to. */
export class Tab extends EventTarget {
  readonly events: [keyof AuthEvents, AuthEvents[keyof AuthEvents]][] = []
  readonly auth: AuthClient
  readonly #browser: Browser
  readonly #network: ReturnType<FakeBrowser['tab']>
  #open = true

  constructor(browser: Browser, options: Partial<AuthClientOptions>) {
    super()
    this.#browser = browser
    this.#network = browser.network.tab()
    const name = options.name ?? 'tandem'
    const send: typeof fetch = (input, init) => {
      const url = input instanceof Request ? input.url : String(input)
      if (/\/(refresh|login|passwordlogin|password|token)$/.test(url)) browser.locks.claim(name, this)
      if (!this.#open) browser.locks.releaseAllOf(this)
      return this.#network.fetch(input, init)
    }
    this.auth = createAuthClient({ mode: 'dual', baseUrl: browser.server.origin, fetch: send, ...options })
    const all = ['signedIn', 'signedOut', 'userChanged', 'renewed', 'renewFailed'] as const
    for (const event of all) this.auth.on(event, (payload) => this.events.push([event, payload]))
  }

  /** As a component does that shows the state. */
  watch(): this {
    this.#browser.as(this, () => this.auth.subscribe(() => {}))
    return this
  }

  async opened(): Promise<this> {
    this.watch()
    await until(this.auth.ready())
    return this
  }

  get status() {
    return this.auth.getState().status
  }

  get email() {
    const state = this.auth.getState()
    return 'user' in state ? (state.user?.email ?? null) : null
  }

  get reason() {
    const state = this.auth.getState()
    return state.status === 'unauthenticated' ? state.reason : undefined
  }

  /** Events, as `name detail`. */
  get told(): string[] {
    return this.events.map(([event, payload]) => {
      const { reason, adopted, error, origin } = payload as Partial<Told>
      const how = adopted === undefined ? undefined : adopted ? 'adopted' : 'asked'
      return [event, reason, how, error?.code, origin].filter(Boolean).join(' ')
    })
  }

  get(path: string, init?: RequestInit): Promise<Response> {
    return until(this.auth.fetch(path, init))
  }

  /** Somebody looks at it, or at something else. */
  show(visible: boolean): void {
    this.#browser.document.visibilityState = visible ? 'visible' : 'hidden'
    this.dispatch('visibilitychange')
  }

  dispatch(type: string, more: object = {}): void {
    this.dispatchEvent(Object.assign(new Event(type), more))
  }

  /** Its scripts stop, its locks are free, what it has sent is under way. */
  close(): void {
    this.#open = false
    this.#network.close()
    this.#browser.locks.releaseAllOf(this)
    this.auth.dispose()
  }
}

export class Browser {
  readonly network: FakeBrowser
  readonly locks = new Locks()
  readonly channels = new Channels()
  readonly document: ReturnType<typeof newDocument>
  indexedDB = new IDBFactory()
  readonly #missing: readonly string[]

  constructor(
    readonly server: FakeAuthServer,
    network: FakeBrowser = server.browser(),
    missing: readonly string[] = [],
    readonly page = server.origin,
  ) {
    this.network = network
    this.document = newDocument(`${page}/`)
    this.#missing = missing
    this.as(null, () => {})
  }

  /** What `globalThis` is to a tab. Locks and disk are the browser's, so they stay. */
  as(tab: Tab | null, run: () => void): void {
    const globals: Record<string, unknown> = {
      indexedDB: this.indexedDB,
      navigator: { locks: this.#missing.includes('locks') ? undefined : this.locks, onLine: true },
      BroadcastChannel: this.channels.constructorFor,
      document: this.document,
      location: new URL(`${this.page}/`),
      addEventListener: tab?.addEventListener.bind(tab),
      removeEventListener: tab?.removeEventListener.bind(tab),
    }
    for (const [name, value] of Object.entries(globals)) {
      vi.stubGlobal(name, this.#missing.includes(name) ? undefined : value)
    }
    run()
  }

  tab(options: Partial<AuthClientOptions> = {}): Tab {
    return new Tab(this, options)
  }

  open(options?: Partial<AuthClientOptions>): Promise<Tab> {
    return this.tab(options).opened()
  }
}

/** A service with Ada and Eve and something to ask for, a browser, and Ada signed in in its first tab. */
export async function signedIn(
  options: Partial<AuthClientOptions> = {},
  service: FakeAuthServerOptions = {},
  missing: readonly string[] = [],
) {
  const world = setUp(service, missing)
  const tab = await world.browser.open(options)
  await until(tab.auth.signIn(ADA))
  world.server.clearCalls()
  tab.events.length = 0
  return { ...world, tab }
}

export function setUp(options: FakeAuthServerOptions = {}, missing: readonly string[] = []) {
  const server = fakeAuthServer({ leeway: 0, ...options })
  server.addUser(ADA)
  server.addUser(EVE)
  server.route('/api/orders', (_request, caller) => ({ of: caller!.user.email }))
  return { server, browser: new Browser(server, server.browser(), missing) }
}
