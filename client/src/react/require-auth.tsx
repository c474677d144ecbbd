import { Fragment, useState } from 'react'
import type { ReactNode } from 'react'
import { userOf, useSession } from './hooks.js'
import { useLoginRequired } from './login-required.js'
import type { LoginContext } from './login-required.js'
import { Hold, Splash } from './splash.js'

export type RequireAuthProps = {
  children?: ReactNode
  /** Until it is known who is signed in, and until the login that was asked for is there. */
  splash?: ReactNode
  /** While the service cannot be reached and it is not known who is signed in. */
  offline?: ReactNode
  /** In place of the message that signing in goes in circles. */
  loop?: ReactNode
} & (
  | {
      /** Shown where nobody is signed in: a login form. The address stays, so there is no way back to find. */
      login: ReactNode
      onLoginRequired?: (context: LoginContext) => void
    }
  | {
      login?: undefined
      /** Called once when nobody is signed in, however many guards there are: go to the login. */
      onLoginRequired: (context: LoginContext) => void
    }
)

/** Its children are for people who are signed in. They are never mounted before that is known. */
export function RequireAuth(props: RequireAuthProps): ReactNode {
  const { children, splash = <Splash />, offline = <Splash />, login } = props
  const state = useSession()
  const [held, hold] = useState(false)
  const signedOut = state.status === 'unauthenticated' && state
  const [looping, ask] = useLoginRequired(signedOut, props.onLoginRequired, login === undefined)

  const user = userOf(state)
  const away = state.status === 'unreachable'
  // By its key, what one user has opened or typed is not there for the next one.
  if (user && (away || !held)) return <Fragment key={user.id}>{children}</Fragment>
  if (signedOut && !held) {
    if (login !== undefined) return login
    if (looping) return props.loop ?? <Loop reason={signedOut.reason} onRetry={ask} />
  }
  return <Hold.Provider value={hold}>{away ? offline : splash}</Hold.Provider>
}

function Loop({ reason, onRetry }: { reason: string | null; onRetry: () => void }) {
  return (
    <div role="alert">
      <p>
        Signing in does not last{reason && ` (${reason})`}. Are cookies blocked?
      </p>
      <button type="button" onClick={onRetry}>
        Sign in again
      </button>
    </div>
  )
}
