import type { AuthState, Unreachable } from '@tandem-auth/client'
import { auth } from './auth'
import { explain } from './messages'
import { clock, useNow } from './time'

/** Nobody has been signed out: the page stays, with a line above it. */
export function Banner({ state }: { state: AuthState }) {
  return (
    <div role="status">
      {state.status === 'unreachable' && state.user && <div className="banner"><Again state={state} /></div>}
    </div>
  )
}

function Again({ state }: { state: Unreachable }) {
  return (
    <>
      <p>{explain(state.error)}</p>
      <button type="button" onClick={() => void auth.retry()}>
        Try now <Countdown until={state.retryAt} />
      </button>
    </>
  )
}

function Countdown({ until }: { until: number }) {
  return <span aria-hidden="true" className="digits">{clock(until - useNow())}</span>
}
