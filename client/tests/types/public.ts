// Compiled, never run: what the types promise, and what they refuse.

import {
  createAuthClient, isAuthError, type AuthClient, type AuthErrorCode, type AuthState, type components, type paths,
  type SignOutReason, type TokenStore,
} from '../../src/index.js'

const auth: AuthClient = createAuthClient({ mode: 'dual' })
const store: TokenStore = { shared: true, update: async (decide) => decide?.(null) ?? null }
createAuthClient({ mode: 'session', baseUrl: 'https://api.example.com', apiOrigins: ['https://data.example.com'] })
createAuthClient({ mode: 'dual', store, name: 'second', fetch: globalThis.fetch })
for (const store of ['shared', 'local', 'tab', 'memory'] as const) createAuthClient({ mode: 'dual', store })

// @ts-expect-error a mode has to be chosen
createAuthClient({})
// @ts-expect-error there are two
createAuthClient({ mode: 'implicit' })
// @ts-expect-error not a store
createAuthClient({ mode: 'dual', store: 'cookie' })
// @ts-expect-error no such option
createAuthClient({ mode: 'dual', baseURL: 'https://api.example.com' })
// @ts-expect-error undefined is not an origin
createAuthClient({ mode: 'dual', baseUrl: undefined })
// @ts-expect-error a store has to say whether it is shared
createAuthClient({ mode: 'dual', store: { update: async () => null } })

/** The state narrows by its status. */
export function shown(state: AuthState): string {
  // @ts-expect-error nobody knows yet whether there is a user
  void state.user
  switch (state.status) {
    case 'booting':
      return ''
    case 'authenticated':
      return state.user.email + state.session.id + state.accessExpiresAt.toFixed() + (state.generation ?? 0)
    case 'unauthenticated':
      // @ts-expect-error nobody is there
      void state.user
      return state.reason ?? ''
    case 'unreachable':
      // @ts-expect-error somebody may have been there
      void state.user.email
      return state.error.code + (state.user?.email ?? '') + state.retryAt
  }
}

export function change(state: AuthState) {
  // @ts-expect-error a state is replaced, never altered
  state.status = 'booting'
  // @ts-expect-error nor is what is in it
  if (state.status === 'authenticated') state.accessExpiresAt = 0
}

/** Both sets are closed: a switch over all of them needs no default. */
const MESSAGES = {
  invalid_credentials: '', validation_failed: '', too_many_requests: '', forbidden: '', origin_not_allowed: '',
  unavailable: '', network: '', timeout: '', signed_out: '', cookies_blocked: '', user_changed: '', protocol: '',
} satisfies Record<AuthErrorCode, string>
const REASONS = {
  signed_out: '', session_expired: '', session_ended: '', storage_cleared: '', replaced: '', cookies_blocked: '',
} satisfies Record<SignOutReason, string>
// @ts-expect-error not a code
export const never: AuthErrorCode = 'expired'

export async function use(error: unknown, reason: SignOutReason) {
  if (isAuthError(error)) {
    console.log(MESSAGES[error.code], error.fields['email'], error.retryAfter?.toFixed(), REASONS[reason])
    // @ts-expect-error not in the set
    if (error.code === 'access_expired') return
  }
  // @ts-expect-error an unknown error has no code
  void error.code

  const user: components['schemas']['User'] = await auth.signIn({ email: '', password: '' })
  // @ts-expect-error a password is needed
  await auth.signIn({ email: '' })
  await auth.changePassword({ currentPassword: '', newPassword: '' })
  const told: boolean = await auth.signOut({ everywhere: true })
  const off: () => void = auth.on('userChanged', ({ from, to }) => console.log(from.email, to.email, user, told))
  off()
  auth.on('renewed', ({ generation, adopted }) => console.log(generation?.toFixed(), !adopted))
  // @ts-expect-error no such event
  auth.on('refreshed', () => {})
  // @ts-expect-error nothing secret is in it
  auth.on('renewed', ({ accessToken }) => accessToken)
  const elsewhere: typeof fetch = auth.fetch
  // @ts-expect-error bound for good
  auth.fetch = fetch
  return elsewhere
}

/** The API document's types are usable as they are. */
type Login = paths['/api/auth/login']['post']
export const body: Login['requestBody']['content']['application/json'] = {
  email: 'ada@example.com', password: 'a long enough passphrase',
}
export const expiresIn = (answer: Login['responses'][200]['content']['application/json']): number => answer.expires_in
// @ts-expect-error no such operation
export type None = paths['/api/auth/none']
