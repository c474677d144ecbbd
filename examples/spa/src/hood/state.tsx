import type { Authenticated, AuthState } from '@tandem-auth/client'
import { useRef } from 'react'
import { flow } from '../auth'
import { FLOWS } from '../flow-switch'
import { clock, useNow } from '../time'

const NAMES: Record<AuthState['status'], string> = {
  booting: 'One moment', authenticated: 'Signed in', unauthenticated: 'Signed out', unreachable: 'No answer',
}

export function State({ state }: { state: AuthState }) {
  return (
    <div className="state">
      <dl className="facts small">
        <div><dt>State</dt><dd>{NAMES[state.status]}</dd></div>
        <div><dt>Flow</dt><dd>{FLOWS[flow]}</dd></div>
        {state.status === 'authenticated' && (
          <>
            <div><dt>Session</dt><dd className="digits">{state.session.id.slice(0, 8)}</dd></div>
            <div><dt>Generation</dt><dd className="digits">{state.generation ?? 'does not rotate'}</dd></div>
          </>
        )}
      </dl>
      {state.status === 'authenticated' && <Remaining key={state.session.id} state={state} />}
    </div>
  )
}

/** How long the token lives. It is renewed before, so this never reaches the end while the page is in view. */
function Remaining({ state: { accessExpiresAt } }: { state: Authenticated }) {
  const left = Math.max(0, accessExpiresAt - useNow())
  // The longest that has been seen is the whole.
  const whole = useRef({ until: 0, length: 1 })
  if (whole.current.until !== accessExpiresAt) whole.current = { until: accessExpiresAt, length: Math.max(left, 1) }
  return (
    <div className="remaining">
      <span id="remaining">Token expires in</span>
      <span className="digits" role="timer" aria-labelledby="remaining">{clock(left)}</span>
      <progress aria-labelledby="remaining" max={whole.current.length} value={left} />
    </div>
  )
}
