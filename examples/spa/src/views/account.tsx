import { useSession, useUser } from '@tandem-auth/client/react'
import { auth, flow } from '../auth'
import { Heading } from '../heading'
import { Ago, Day } from '../time'
import { say } from '../notice'

const ABOUT = {
  dual: 'A call needs two halves that belong together. This page keeps one, in a store that all tabs share; the other is '
    + 'a cookie that no script can read. A copy of either is worth nothing.',
  session: 'This page keeps nothing. Your session is a cookie that no script can read; it is exchanged for a token that '
    + 'lives for a minute, in memory, and that is again only half of what a call needs. A copied cookie jar would be a '
    + 'stolen session here; in the dual flow it would not.',
}

async function signOut(everywhere: boolean) {
  const told = await auth.signOut({ everywhere })
  if (told) say(everywhere ? 'You are signed out on all devices.' : 'You are signed out.')
  else say('You are signed out here. The service could not be told: the session ends there when it expires.')
}

export function Account() {
  const user = useUser()
  const state = useSession()
  const session = 'session' in state ? state.session : null
  return (
    <>
      <section className="card">
        <Heading title="Your account">Hello, {user.email.split('@')[0]}</Heading>
        <dl className="facts">
          <div><dt>E-mail address</dt><dd>{user.email}</dd></div>
          <div>
            <dt>Roles</dt>
            <dd>{user.roles.length ? user.roles.map((role) => <span key={role} className="badge">{role}</span>) : 'None'}</dd>
          </div>
          <div><dt>Account since</dt><dd><Day time={user.created_at} /></dd></div>
          {session && <div><dt>Signed in</dt><dd><Ago time={session.created_at} /></dd></div>}
          {session && <div><dt>Sign in again by</dt><dd><Day time={session.expires_at} /></dd></div>}
        </dl>
        <div className="actions">
          <button type="button" className="primary" onClick={() => signOut(false)}>Sign out</button>
          <button type="button" onClick={() => signOut(true)}>Sign out everywhere</button>
        </div>
      </section>
      <section className="card soft" aria-labelledby="about">
        <h2 id="about">How you are signed in</h2>
        <p>{ABOUT[flow]}</p>
        <p>The panel “Under the hood” shows what every request carries, and lets you try what a thief would.</p>
      </section>
    </>
  )
}
