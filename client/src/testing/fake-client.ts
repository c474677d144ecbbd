import { AuthError } from '../errors.js'
import type { AuthClient, AuthEvents, AuthState } from '../types.js'
import { aUser, authenticated, unauthenticated } from './states.js'

type Recorded = 'signUp' | 'signIn' | 'signOut' | 'changePassword' | 'getAccessToken' | 'retry' | 'fetch' | 'dispose'

/** A client without a service behind it, for tests of components. */
export interface FakeAuthClient extends AuthClient {
  /** Changes the state, as the real one would. Events are yours to `emit`. */
  set(state: AuthState): void
  emit<K extends keyof AuthEvents>(event: K, payload: AuthEvents[K]): void
  /** What was called, and with which arguments, in order. */
  readonly calls: { readonly [M in Recorded]: Parameters<AuthClient[M]>[] }
}

/**
 * Where nothing else is said it does what the real one would if the service took everything: `signIn` signs
 * anybody in, `signOut` signs out, `fetch` is the global one while somebody is signed in.
 */
export function createFakeAuthClient(
  initial: AuthState = unauthenticated(),
  behaviour: Partial<Pick<AuthClient, Recorded>> = {},
): FakeAuthClient {
  let state = initial
  const listeners = new Set<() => void>()
  const heard = new Map<string, Set<(payload: never) => void>>()
  const calls: FakeAuthClient['calls'] = {
    signUp: [],
    signIn: [],
    signOut: [],
    changePassword: [],
    getAccessToken: [],
    retry: [],
    fetch: [],
    dispose: [],
  }

  const client: FakeAuthClient = {
    calls,
    set(next) {
      state = next
      for (const listener of [...listeners]) listener()
    },
    emit(event, payload) {
      for (const listener of [...(heard.get(event) ?? [])]) (listener as (event: typeof payload) => void)(payload)
    },

    getState: () => state,
    subscribe(listener) {
      // A function of its own for each: the same listener may come twice.
      const mine = () => listener()
      listeners.add(mine)
      return () => void listeners.delete(mine)
    },
    on(event, listener) {
      const mine = (payload: never) => listener(payload)
      heard.set(event, (heard.get(event) ?? new Set()).add(mine))
      return () => void heard.get(event)?.delete(mine)
    },
    ready: () =>
      new Promise((resolve) => {
        const look = () => {
          if (state.status === 'booting') return
          end()
          resolve(state)
        }
        const end = client.subscribe(look)
        look()
      }),

    signUp: recorded('signUp', async () => {}),
    signIn: recorded('signIn', async ({ email }) => {
      const user = aUser({ email })
      client.set(authenticated({ user }))
      client.emit('signedIn', { user, origin: 'here' })
      return user
    }),
    signOut: recorded('signOut', async () => {
      client.set(unauthenticated('signed_out'))
      client.emit('signedOut', { reason: 'signed_out', origin: 'here' })
      return true
    }),
    changePassword: recorded('changePassword', signedIn),
    getAccessToken: recorded('getAccessToken', async () => {
      await signedIn()
      return 'fake-access-token'
    }),
    retry: recorded('retry', async () => state),
    fetch: recorded('fetch', async (...request) => {
      await signedIn()
      return globalThis.fetch(...request)
    }),
    dispose: recorded('dispose', () => {}),
  }
  return client

  async function signedIn(): Promise<void> {
    if (state.status === 'unauthenticated') throw new AuthError('signed_out')
  }

  function recorded<M extends Recorded>(method: M, usual: AuthClient[M]): AuthClient[M] {
    const act = (behaviour[method] ?? usual) as (...args: unknown[]) => unknown
    const record = (...args: unknown[]) => {
      ;(calls[method] as unknown[][]).push(args)
      return act(...args)
    }
    return record as AuthClient[M]
  }
}
