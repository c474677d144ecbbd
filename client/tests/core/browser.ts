// A browser around the client: one jar, one disk, its locks and channels, and tabs with a document each.
// Time is the test's own: see `until` and `pass`.

import { IDBFactory } from 'fake-indexeddb'
import { vi } from 'vitest'
import { createAuthClient, type AuthClient, type AuthClientOptions, type AuthEvents } from '../../src/index.js'
import {
  fakeAuthServer, type FakeAuthServer, type FakeAuthServerOptions, type FakeBrowser,
} from '../../src/testing/index.js'
import { Channels } from './channels.js'
import { Locks } from './locks.js'

export const ADA = { email: 'ada@example.com', password: 'a long enough passphrase' }
export const EVE = { email: 'eve@example.com', password: 'another long passphrase' }

export function useVirtualTime() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'Date'] })
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

export class Tab extends EventTarget {
  readonly document = Object.assign(new EventTarget(), { visibilityState: 'visible', baseURI: '' })
  readonly events: [keyof AuthEvents, AuthEvents[keyof AuthEvents]][] = []
  readonly listening = new Map<string, number>()
  readonly auth: AuthClient
  readonly #browser: Browser
  readonly #network: ReturnType<FakeBrowser['tab']>
  #open = true

  constructor(browser: Browser, options: Partial<AuthClientOptions>) {
    super()
    this.#browser = browser
    this.#network = browser.network.tab()
    this.document.baseURI = `${browser.page}/`
    const name = options.name ?? 'tandem'
    const send: typeof fetch = (input, init) => {
      if (/\/(refresh|login|passwordlogin|password|token)$/.test(String(input))) browser.locks.claim(name, this)
      if (!this.#open) browser.locks.releaseAllOf(this)
      return this.#network.fetch(input, init)
    }
    this.auth = createAuthClient({ mode: 'dual', baseUrl: browser.server.origin, fetch: send, ...options })
    const all: (keyof AuthEvents)[] = ['signedIn', 'signedOut', 'userChanged', 'renewed', 'renewFailed', 'request']
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

  /** Events but for requests, as `name detail`. */
  get told(): string[] {
    return this.events.flatMap(([event, payload]) => {
      if (event === 'request') return []
      const { reason, adopted, error, origin } = payload as Partial<Told>
      const how = adopted === undefined ? undefined : adopted ? 'adopted' : 'asked'
      return [[event, reason, how, error?.code, origin].filter(Boolean).join(' ')]
    })
  }

  get(path: string, init?: RequestInit): Promise<Response> {
    return until(this.auth.fetch(path, init))
  }

  show(visible: boolean): void {
    this.document.visibilityState = visible ? 'visible' : 'hidden'
    this.document.dispatchEvent(new Event('visibilitychange'))
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
  indexedDB = new IDBFactory()
  readonly #missing: readonly string[]

  constructor(
    readonly server: FakeAuthServer,
    network: FakeBrowser = server.browser(),
    missing: readonly string[] = [],
    readonly page = server.origin,
  ) {
    this.network = network
    this.#missing = missing
    this.as(null, () => {})
  }

  /** What `globalThis` is to a tab. Locks and disk are the browser's, so they stay. */
  as(tab: Tab | null, run: () => void): void {
    const globals: Record<string, unknown> = {
      indexedDB: this.indexedDB,
      navigator: { locks: this.#missing.includes('locks') ? undefined : this.locks, onLine: true },
      BroadcastChannel: this.#missing.includes('BroadcastChannel') ? undefined : this.channels.constructorFor,
      document: tab?.document,
      location: new URL(`${this.page}/`),
      addEventListener: tab?.addEventListener.bind(tab),
      removeEventListener: tab?.removeEventListener.bind(tab),
    }
    for (const name of this.#missing) if (name in globals) delete globals[name]
    for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value)
    run()
    if (tab) for (const name of ['document', 'addEventListener', 'removeEventListener']) vi.stubGlobal(name, undefined)
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
