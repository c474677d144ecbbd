/** What lies between a page and the service, and what a browser does about it: cookies, origins, faults. */

import { failure, type Fault } from './faults.js'
import type { Answer } from './answers.js'
import type { Call } from './guard.js'
import type { CookieJar } from './jar.js'
import type { Service } from './service.js'
import type { FakeOperation } from './types.js'

/** The page's side of it. */
export interface Tab {
  readonly page: string
  readonly jar: CookieJar
  readonly keepsCookies: boolean
  isOffline(): boolean
  isClosed(): boolean
}

export async function send(service: Service, tab: Tab, input: RequestInfo | URL, init: RequestInit = {}) {
  const { request, signal } = toRequest(tab, input, init)
  signal?.throwIfAborted()
  if (tab.isClosed()) return never()
  const { world, faults } = service
  const url = new URL(request.url)
  const withCookies = tab.keepsCookies && takesCookies(service, tab, url, request.credentials)
  const cookies = withCookies ? tab.jar.for(url.pathname, world.now()) : []
  const call = { request, path: url.pathname, cookies, origin: tab.page }
  const logged = service.log(call)
  const fault = faults.take(logged.operation, world.now())
  const isDead = () => tab.isOffline() || service.isOffline()
  const travel = async (milliseconds = service.latency()) => {
    if (milliseconds > 0) await unlessAborted(wait(milliseconds), signal)
  }

  if (isDead()) throw noNetwork()
  await travel()
  const answer = await perform(service, call, logged.operation, fault)
  logged.outcome = answer.outcome
  logged.status = answer.response.status
  await travel(service.latency() + (fault.delay ?? 0))
  if (tab.isClosed()) return never()
  if (fault.lose || isDead()) throw noNetwork()
  // They come with the headers, even where the body never arrives.
  if (withCookies) tab.jar.store(answer.cookies, world.now())
  await travel()
  if (tab.isClosed()) return never()
  if (!mayRead(service, tab, url)) throw noNetwork()
  return dress(service, answer, request.url, fault)
}

const never = () => new Promise<never>(() => {})

/** Without its signal, which some test environments make of another kind. */
function toRequest(tab: Tab, input: RequestInfo | URL, init: RequestInit) {
  const given = input instanceof Request ? input : new URL(input, tab.page)
  const { signal = input instanceof Request ? input.signal : null, ...rest } = init
  const stream = rest.body instanceof ReadableStream ? { duplex: 'half' as const } : {}
  const request = new Request(given, { ...rest, ...stream })
  // What scripts may not set.
  for (const name of ['cookie', 'origin', 'sec-fetch-site']) request.headers.delete(name)
  return { request, signal }
}

async function perform(service: Service, call: Call, operation: FakeOperation, fault: Fault): Promise<Answer> {
  if (fault.status === undefined) return service.act(call, operation)
  return failure(service.world.settings.origin, operation, fault)
}

function takesCookies({ world }: Service, { page }: Tab, url: URL, credentials: RequestCredentials): boolean {
  if (url.origin !== world.settings.origin || credentials === 'omit') return false
  // SameSite=Strict.
  return url.origin === page || (credentials === 'include' && site(url) === site(new URL(page)))
}

/** Good enough for test domains: there is no public suffix list here. */
const site = ({ protocol, hostname }: URL) =>
  `${protocol}//${/^[\d.]+$|\[/.test(hostname) ? hostname : hostname.split('.').slice(-2).join('.')}`

/** CORS: what a foreign page may not read looks like no network to it. */
function mayRead({ world: { settings } }: Service, { page }: Tab, url: URL): boolean {
  return url.origin !== settings.origin || page === settings.origin || settings.allowedOrigins.includes(page)
}

function dress(service: Service, { response }: Answer, url: string, fault: Fault): Response {
  const body = fault.split ? brokenBody() : response.body
  const headers = new Headers(response.headers)
  headers.set('date', new Date(service.world.now()).toUTCString())
  const { status, statusText } = response
  const dressed = new Response(status === 204 ? null : body, { status, statusText, headers })
  Object.defineProperty(dressed, 'url', { value: url })
  return dressed
}

const brokenBody = () => new ReadableStream({ pull: (controller) => controller.error(noNetwork()) })

/** What browsers say, whatever went wrong. */
const noNetwork = () => new TypeError('Failed to fetch')

const wait = (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds))

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | null): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort)
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
