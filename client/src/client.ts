import { dualFlow } from './dual.js'
import type { AuthError } from './errors.js'
import { listeners } from './events.js'
import { exclusive } from './exclusive.js'
import type { Signal } from './flow.js'
import { isFresh, type Held, type TokenAnswer } from './held.js'
import { holder as newHolder } from './holder.js'
import { presence } from './presence.js'
import { renewal } from './renewal.js'
import { requests, type WithToken } from './requests.js'
import { sessionFlow } from './session.js'
import { openStore } from './stores.js'
import { persistently } from './waiting.js'
import type { AuthClient, AuthClientOptions, AuthState, SignOutReason } from './types.js'

/** Makes a client. One for a page: make it in a module of its own and import it where it is needed. */
export function createAuthClient(options: AuthClientOptions): AuthClient {
  const name = options.name ?? 'tandem'
  const { on, emit } = listeners()
  const http = requests(options)
  const flow = options.mode === 'session' ? sessionFlow(http) : dualFlow(openStore(options.store, name), http)
  const holder = newHolder(emit)
  const end = new AbortController()
  const life = end.signal
  const { renew, token, mend } = renewal(name, flow, holder, ready, announce)
  /** News between the tabs of an origin. Without it each tab finds out by itself, later. */
  let channel: BroadcastChannel | undefined
  let started = false

  // --- The life of a page -----------------------------------------------------------------------

  /** Nothing is done before somebody wants to know: making a client on a server costs and does nothing. */
  function start() {
    if (started || life.aborted) return
    started = true
    try {
      channel = new BroadcastChannel(name)
      channel.onmessage = ({ data }) => data && hear(data)
    } catch {
      // There is none, or with cookies blocked none is allowed.
    }
    on('change', presence(holder, life, renew, look))
    void look()
  }

  /** Looks who is signed in, at first and whenever the page comes back. */
  async function look() {
    const found = await flow.read()
    const isUnknown = holder.now === undefined || holder.state.status === 'booting'
    // Nobody is shown on the strength of what may be over. In the session flow only the service knows.
    if (isUnknown && (!flow.isShared || (found && !isFresh(found)))) {
      holder.now ??= found || undefined
      return renew()
    }
    holder.take(found, 'other-tab')
  }

  async function hear({ session, generation, over }: Signal) {
    const { now } = holder
    // Where nobody is, nothing can be over.
    if (over ? !now : now === undefined) return
    const same = now?.session.id === session
    // Whether a store works is known by trying.
    const found = await flow.read()
    if (flow.isShared?.()) holder.take(found, 'other-tab', over ?? undefined)
    else if (same ? over === 'signed_out' : now && !over && flow.isShared) {
      await flow.forget()
      holder.take(null, 'other-tab', over ?? 'replaced')
      // The jar is shared, and has moved on: what is held here must not fall two generations behind. And whether
      // it is over for this tab, too, is for the service to say.
    } else if (same ? over || generation! > now!.generation! : !flow.isShared) await renew()
  }

  function announce(it: Held | null, over: SignOutReason | null) {
    channel?.postMessage({ session: it?.session.id, generation: it?.generation, over } satisfies Signal)
  }

  async function ready(): Promise<AuthState> {
    start()
    while (holder.state.status === 'booting') {
      await new Promise<void>((done) => {
        const off = on('change', () => done(off()))
      })
    }
    return holder.state
  }

  // --- Signing in and out -----------------------------------------------------------------------

  /** Inside the lock: who signs out meanwhile comes behind it. */
  function entered(next: Held) {
    // In the session flow the cookie has already been exchanged.
    if (flow.isShared) holder.unproven = next.session.id
    holder.now ??= null
    holder.take(next, 'here')
    announce(next, null)
    return next.user
  }

  async function signOut({ everywhere = false } = {}) {
    start()
    const endAll = (access: string) => http.call('/api/auth/logout-all', 204, access)
    const all = everywhere && (await token().then(endAll).catch(() => false))
    const before = gone()
    let last: Held | null | undefined
    const end = async () => {
      // Once more behind a refresh or a sign-in that is under way, in whichever tab: neither brings anybody back.
      if (last === undefined) last = (await gone()) ?? (await before)
      // Who has signed in since stays.
      else if (holder.now) throw last
      await flow.end(last)
    }
    return persistently(() => exclusive(name, end)).then(() => !everywhere || !!all, () => !!all)
  }

  /** Forgets who is signed in here, and returns who was. */
  async function gone() {
    const before = (await flow.forget()) ?? holder.now ?? null
    holder.take(null, 'here', 'signed_out')
    announce(before, 'signed_out')
    return before
  }

  // --- Requests ---------------------------------------------------------------------------------

  const withToken: WithToken = async (send, codeOf, signal, once) => {
    const first = await token({ signal })
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
      await http.call('/api/auth/register', 202, undefined, credentials)
    },

    async signIn(credentials) {
      start()
      return exclusive(name, async () => entered(await flow.signIn(credentials)))
    },

    signOut,

    async changePassword({ currentPassword, newPassword }) {
      const body = { current_password: currentPassword, new_password: newPassword }
      const change = async (token: string) =>
        void entered(await flow.accept(await http.call<TokenAnswer>('/api/auth/password', 200, token, body)))
      const error = await withToken(
        (token) => exclusive(name, () => change(token)).catch((error: AuthError) => error),
        (error) => (error?.status === 401 ? error.problem?.code : undefined),
      )
      if (error) throw error
    },

    getAccessToken: token,

    async retry() {
      holder.failure = null
      await token().catch(() => {})
      return holder.state
    },

    fetch: http.guarded(withToken),

    dispose() {
      end.abort()
      channel?.close()
      channel = undefined
    },
  }
  return client
}
