import { dualFlow } from './dual.js'
import type { AuthError } from './errors.js'
import { listeners } from './events.js'
import { exclusive } from './exclusive.js'
import type { Signal } from './flow.js'
import { guardedFetch, type WithToken } from './guarded-fetch.js'
import { isFresh, type Held, type TokenAnswer } from './held.js'
import { holder as newHolder } from './holder.js'
import { presence } from './presence.js'
import { renewal } from './renewal.js'
import { requests } from './requests.js'
import { sessionFlow } from './session.js'
import { signals } from './signals.js'
import { openStore } from './stores.js'
import { persistently } from './waiting.js'
import type { AuthClient, AuthClientOptions, AuthState, SignOutReason } from './types.js'

/** Makes a client. One for a page: make it in a module of its own and import it where it is needed. */
export function createAuthClient(options: AuthClientOptions): AuthClient {
  const name = options.name ?? 'tandem'
  const { on, emit } = listeners()
  const http = requests(options, (event) => emit('request', event))
  const flow = options.mode === 'session' ? sessionFlow(http) : dualFlow(openStore(options.store, name), http)
  const holder = newHolder({ on, emit })
  const end = new AbortController()
  const life = end.signal
  const { renew, token, mend } = renewal({ name, flow, holder, life, ready, changed: announce })
  let channel: ReturnType<typeof signals> | undefined
  let started = false

  // --- The life of a page -----------------------------------------------------------------------

  /** Nothing is done before somebody wants to know: making a client on a server costs and does nothing. */
  function start() {
    if (started || life.aborted) return
    started = true
    channel = signals(name, (signal) => void hear(signal))
    const schedule = presence({ holder, life, renew, look })
    on('change', schedule)
    on('renewFailed', schedule)
    void boot()
  }

  async function boot() {
    const found = await flow.read()
    if (holder.now !== undefined) return
    if (found && isFresh(found)) return holder.take(found, 'here')
    if (found) holder.know(found)
    else if (options.mode === 'dual') return holder.take(null, 'here')
    await renew()
  }

  async function look() {
    const found = await flow.read()
    if (holder.now === undefined) return
    // Back from the cache of the browser: in the session flow only the service knows who is signed in now.
    if (found && holder.state.status === 'booting' && options.mode === 'session') return renew()
    holder.take(found, 'other-tab')
  }

  async function hear(signal: Signal) {
    const news = holder.now === undefined ? 'ignore' : flow.hear(signal, holder.now)
    if (news === 'ignore') return
    if (news === 'renew') return renew()
    const found = news === 'read' ? await flow.read() : (await flow.forget(), null)
    holder.take(found, 'other-tab', news === 'read' ? (signal.over ?? undefined) : news)
  }

  function announce(next: Held | null, before: Held | null | undefined, over: SignOutReason) {
    const { session, generation } = (next ?? before)!
    channel?.tell({ sessionId: session.id, generation, over: next ? null : over })
  }

  function ready(): Promise<AuthState> {
    start()
    if (holder.state.status !== 'booting') return Promise.resolve(holder.state)
    return new Promise((done) => {
      const off = on('change', () => {
        if (holder.state.status === 'booting') return
        off()
        done(holder.state)
      })
    })
  }

  // --- Signing in and out -----------------------------------------------------------------------

  function entered(next: Held) {
    holder.unproven = next.session.id
    if (holder.now === undefined) holder.know(null)
    holder.take(next, 'here')
    announce(next, null, 'replaced')
  }

  async function signOut({ everywhere = false } = {}) {
    const all = everywhere && (await client.fetch(http.resolve('/api/auth/logout-all'), { method: 'POST' }).then(({ ok }) => ok, () => false))
    const before = await flow.forget().catch(() => null)
    const known = before ?? holder.now
    holder.take(null, 'here', 'signed_out')
    if (known) announce(null, known, 'signed_out')
    if (all) return true
    return persistently(() => flow.end(before)).then(() => !everywhere, () => false)
  }

  // --- Requests ---------------------------------------------------------------------------------

  const withToken: WithToken = async (send, codeOf, signal, once) => {
    const first = await token(signal ? { signal } : {})
    const used = holder.now
    const result = await send(first)
    const code = await codeOf(result)
    if (!code) holder.unproven = null
    const again = used && (await mend(used, code))
    return again && !once ? send(again) : result
  }

  const client: AuthClient = {
    getState: () => holder.state,
    subscribe(listener) {
      start()
      return on('change', listener)
    },
    on,
    ready,

    async signUp(credentials) {
      await http.call('POST', '/api/auth/register', 202, undefined, credentials)
    },

    async signIn(credentials) {
      start()
      const next = await exclusive(name, () => flow.signIn(credentials))
      entered(next)
      return next.user
    },

    signOut,

    async changePassword({ currentPassword, newPassword }) {
      const body = { current_password: currentPassword, new_password: newPassword }
      const change = (token: string) => http.call<TokenAnswer>('POST', '/api/auth/password', 200, token, body)
      const answer = await withToken(
        (token) => exclusive(name, () => change(token)).catch((error: AuthError) => error),
        (result) => ('status' in result && result.status === 401 ? result.problem?.code : undefined),
      )
      if (answer instanceof Error) throw answer
      entered(await flow.accept(answer))
    },

    getAccessToken: token,

    async retry() {
      start()
      holder.failure = null
      if (holder.now === undefined || (holder.now && !isFresh(holder.now))) await renew()
      return ready()
    },

    fetch: guardedFetch(http, withToken),

    dispose() {
      end.abort()
      channel?.close()
      channel = undefined
    },
  }
  return client
}
