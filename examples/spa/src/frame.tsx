import { useSession } from '@tandem-auth/client/react'
import type { ReactNode } from 'react'
import { Link, NavLink } from 'react-router'
import { Banner } from './banner'
import { FlowSwitch } from './flow-switch'
import { Hood } from './hood/panel'
import { Notice, unsay } from './notice'

/** Everything around a view. */
export function Frame({ children }: { children: ReactNode }) {
  const state = useSession()
  const known = state.status === 'authenticated' || (state.status === 'unreachable' && state.user !== null)
  return (
    <>
      <a className="skip" href="#main">Skip to the content</a>
      <header>
        <Link to="/" className="brand">
          <svg viewBox="0 0 32 32" aria-hidden="true"><path className="body" d="M15 4a12 12 0 0 0 0 24z" /><path className="cookie" d="M17 4a12 12 0 0 1 0 24z" /></svg>
          Tandem <span>example</span>
        </Link>
        {known && (
          <nav aria-label="Main">
            <NavLink to="/" end onClick={unsay}>Account</NavLink>
            <NavLink to="/sessions" onClick={unsay}>Sessions</NavLink>
            <NavLink to="/password" onClick={unsay}>Password</NavLink>
          </nav>
        )}
        <FlowSwitch />
      </header>
      <div className="columns">
        <main id="main" tabIndex={-1}>
          <Banner state={state} />
          <Notice />
          {children}
        </main>
        <Hood />
      </div>
    </>
  )
}
