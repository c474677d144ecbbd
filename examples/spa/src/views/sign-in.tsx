import { useSession } from '@tandem-auth/client/react'
import { Link } from 'react-router'
import { auth } from '../auth'
import { Field, Form } from '../form'
import { Heading } from '../heading'
import { explainReason } from '../messages'
import { unsay, useNotice } from '../notice'

/** In the place of whatever needs somebody who is signed in; the address stays, and so does the way back. */
export function SignIn() {
  const state = useSession()
  const notice = useNotice()
  const ended = state.status === 'unauthenticated' ? state.reason : null
  // Who has just signed out here has been told so.
  const reason = notice && ended === 'signed_out' ? null : ended
  return (
    <section className="card entry">
      <Heading title="Sign in" />
      {reason && <p role="status" className="reason">{explainReason(reason)}</p>}
      <Form
        label="Sign in"
        button="Sign in"
        submit={async ({ email = '', password = '' }) => {
          await auth.signIn({ email, password })
          unsay()
        }}
      >
        <Field name="email" label="E-mail address" type="email" autoComplete="username" required />
        <Field name="password" label="Password" type="password" autoComplete="current-password" required />
      </Form>
      <p className="aside">New here? <Link to="/sign-up">Make an account</Link></p>
    </section>
  )
}
