import { createContext, useContext, useEffect, useMemo, useSyncExternalStore } from 'react'
import type { ReactNode } from 'react'
import type { AuthClient, AuthEvents, AuthState, User } from '../types.js'

/** The state and what can be done about it. The functions may be taken out of it. */
export type Auth = AuthState &
  Pick<AuthClient, 'signIn' | 'signOut' | 'signUp' | 'changePassword' | 'fetch' | 'getAccessToken' | 'retry'>

const Client = createContext<AuthClient | null>(null)

// One object, because React compares: on a server, and while its answer is hydrated, nobody is known.
const BOOTING: AuthState = { status: 'booting' }
const booting = () => BOOTING

/** Hands the client on. It neither starts nor ends it: that belongs to the module which made it. */
export function AuthProvider({ client, children }: { client: AuthClient; children?: ReactNode }) {
  return <Client.Provider value={client}>{children}</Client.Provider>
}

export function useClient(): AuthClient {
  const client = useContext(Client)
  if (!client) throw new Error('No <AuthProvider>')
  return client
}

/** What is known about the session: `booting`, `authenticated`, `unauthenticated` or `unreachable`. */
export function useSession(): AuthState {
  const { subscribe, getState } = useClient()
  return useSyncExternalStore(subscribe, getState, booting)
}

/** The state, and everything that changes it. */
export function useAuth(): Auth {
  const client = useClient()
  const state = useSession()
  return useMemo(() => ({ ...client, ...state }), [client, state])
}

/** Who is signed in. For components inside `RequireAuth`: where nobody is, it throws. */
export function useUser(): User {
  const user = userOf(useSession())
  if (!user) throw new Error('useUser outside <RequireAuth>: nobody is signed in')
  return user
}

/** Calls `listener` for each such event while the component is mounted. */
export function useAuthEvent<K extends keyof AuthEvents>(event: K, listener: (event: AuthEvents[K]) => void): void {
  const client = useClient()
  // A listener that is new with every drawing costs a look into a set, and is always the latest one.
  useEffect(() => client.on(event, listener), [client, event, listener])
}

/** Who is signed in, as far as is known. A service that cannot be reached has signed nobody out. */
export function userOf(state: AuthState): User | null {
  return 'user' in state ? state.user : null
}
