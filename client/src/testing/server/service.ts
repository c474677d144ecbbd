/** The service as the network sees it: calls arrive, are written down and answered. */

import { answer, empty, problem, type Answer } from './answers.js'
import { Faults } from './faults.js'
import { guard, presentedHalves, type Call } from './guard.js'
import { operate, operationAt } from './operations.js'
import type { FakeAuthServerOptions, FakeCall, FakeCounts, FakeOperation, FakeRoute } from './types.js'
import type { World } from './world.js'

export class Service {
  readonly faults = new Faults()
  calls: FakeCall[] = []
  readonly #routes: { address: string; handler: FakeRoute }[] = []
  readonly #latency: FakeAuthServerOptions['latency']
  #offline = false

  constructor(readonly world: World, { latency = 0 }: FakeAuthServerOptions) {
    this.#latency = latency
  }

  latency = (): number => (typeof this.#latency === 'function' ? this.#latency() : (this.#latency ?? 0))
  isOffline = (): boolean => this.#offline

  offline(on: boolean): void {
    this.#offline = on
  }

  route(address: string, handler: FakeRoute): void {
    this.#routes.unshift({ address: new URL(address, this.world.settings.origin).href, handler })
  }

  log(call: Call): FakeCall {
    const { body, cookie } = presentedHalves(this.world, call)
    const { origin, pathname } = new URL(call.request.url)
    const { method } = call.request
    const operation = this.#handlerOf(call) ? 'route' : operationAt(method, pathname)
    const logged: FakeCall = {
      operation, method, url: origin + pathname, bodyHalf: body !== null, cookieHalf: cookie !== null,
      status: null, outcome: null,
    }
    this.calls.push(logged)
    return logged
  }

  async act(call: Call, operation: FakeOperation): Promise<Answer> {
    const { origin, allowedOrigins } = this.world.settings
    const here = new URL(call.request.url).origin === origin
    const reads = ['GET', 'HEAD', 'OPTIONS'].includes(call.request.method)
    const foreign = call.origin !== origin && !allowedOrigins.includes(call.origin)
    // The token endpoint says it in its own words.
    if (here && foreign && !reads && operation !== 'token') {
      return problem(origin, 'origin_not_allowed', { outcome: 'origin' })
    }
    const handler = this.#handlerOf(call)
    if (handler) return this.#callRoute(call, handler)
    if (here) return operate(this.world, call, operation)
    throw new TypeError('Failed to fetch')
  }

  async #callRoute(call: Call, handler: FakeRoute): Promise<Answer> {
    const { origin } = this.world.settings
    const { request } = call
    const guarded = new URL(request.url).origin === origin && call.path.startsWith('/api/')
    if (!guarded) return toAnswer(await handler(request, null))
    const pair = guard(this.world, call)
    if (!('session' in pair)) return pair
    const { session, body } = pair
    return toAnswer(await handler(request, { user: session.account.user, sessionId: session.id, generation: body.gen }))
  }

  #handlerOf({ request }: Call): FakeRoute | undefined {
    const url = new URL(request.url)
    const address = url.origin + url.pathname
    return this.#routes.find(({ address: wanted }) =>
      wanted.endsWith('*') ? address.startsWith(wanted.slice(0, -1)) : address === wanted,
    )?.handler
  }

  get counts(): FakeCounts {
    const count = (wanted: (call: FakeCall) => boolean) => this.calls.filter(wanted).length
    const refused = this.calls.filter(({ status, outcome }) => status !== null && status >= 400 && outcome !== null)
    const tally = <K extends string>(names: readonly K[]) =>
      names.reduce((sum, name) => ({ ...sum, [name]: (sum[name] ?? 0) + 1 }), {} as Record<K, number>)
    return {
      calls: { ...NO_CALLS, ...tally(this.calls.map(({ operation }) => operation)) },
      rotations: count(({ outcome }) => outcome === 'rotate'),
      resends: count(({ outcome }) => outcome === 'resend'),
      reuses: count(({ outcome }) => outcome?.startsWith('reuse') ?? false),
      refusals: tally(refused.map(({ outcome }) => outcome ?? '')),
    }
  }
}

function toAnswer(value: unknown): Answer {
  if (value instanceof Response) return answer(value)
  return value === undefined ? empty(204) : answer(Response.json(value))
}

const NO_CALLS: FakeCounts['calls'] = {
  register: 0, login: 0, refresh: 0, logout: 0, logoutAll: 0, me: 0, listSessions: 0, endOtherSessions: 0,
  endSession: 0, changePassword: 0, passwordLogin: 0, token: 0, sessionLogout: 0, route: 0, unknown: 0,
}
