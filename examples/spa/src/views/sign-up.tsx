import { isAuthError } from '@tandem-auth/client'
import { Link, useNavigate } from 'react-router'
import { auth } from '../auth'
import { Field, Form } from '../form'
import { Heading } from '../heading'
import { explain } from '../messages'
import { say } from '../notice'

/** The service answers the same for an address that has an account already; the sign-in then tells. */
function describe(error: unknown) {
  if (!isAuthError(error) || error.code !== 'invalid_credentials') return explain(error)
  return 'There may be an account with this address already, with another password. Sign in with that one.'
}

export function SignUp() {
  const navigate = useNavigate()
  return (
    <section className="card entry">
      <Heading title="Make an account" />
      <Form
        label="Make an account"
        button="Make the account"
        describe={describe}
        submit={async ({ email = '', password = '' }) => {
          await auth.signUp({ email, password })
          await auth.signIn({ email, password })
          say('Welcome! Your account has been made.')
          navigate('/')
        }}
      >
        <Field
          name="email"
          label="E-mail address"
          hint="Any address will do. Nothing is sent to it."
          type="email"
          autoComplete="username"
          required
        />
        <Field
          name="password"
          label="Password"
          hint="15 characters or more. A short sentence is fine."
          type="password"
          autoComplete="new-password"
          required
        />
      </Form>
      <p className="aside">Have one already? <Link to="/">Sign in</Link></p>
    </section>
  )
}
