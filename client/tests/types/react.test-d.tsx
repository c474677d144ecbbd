// Compiled, never run: `npm run check` fails where an error that is expected does not come.
import { RequireAuth, useAuth, useAuthEvent, useSession, useUser, type LoginContext } from '../../src/react/index.js'
import type { SignOutReason, User } from '../../src/index.js'

export function Page() {
  const auth = useAuth()
  if (auth.status === 'authenticated') {
    auth.user satisfies User
    auth.generation satisfies number | null
  } else {
    // @ts-expect-error only while somebody is signed in
    auth.generation
  }
  if (auth.status === 'unauthenticated') auth.reason satisfies SignOutReason | null
  auth.signIn({ email: '', password: '' }) satisfies Promise<User>
  auth.fetch satisfies typeof fetch
  // @ts-expect-error the client is not to be ended from within a component
  auth.dispose()
  // @ts-expect-error a password is missing
  void auth.signIn({ email: '' })

  useUser().email satisfies string
  // @ts-expect-error the state has nobody in it before that is known
  useSession().user

  useAuthEvent('userChanged', ({ from, to }) => [from.id, to.id])
  // @ts-expect-error no such event
  useAuthEvent('loggedOut', () => {})

  return (
    <>
      <RequireAuth login={<form />} />
      <RequireAuth login={null} onLoginRequired={() => {}} />
      <RequireAuth onLoginRequired={({ returnTo, reason }: LoginContext) => `${returnTo}${reason}`} splash="…" />
      {/* @ts-expect-error somewhere to sign in has to be */}
      <RequireAuth splash="…" />
    </>
  )
}
