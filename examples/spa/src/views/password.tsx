import { useUser } from '@tandem-auth/client/react'
import { auth } from '../auth'
import { Field, Form } from '../form'
import { Heading } from '../heading'
import { say } from '../notice'

export function Password() {
  const { email } = useUser()
  return (
    <section className="card">
      <Heading title="Change password" />
      <p>All other sessions end. You stay signed in here, with a new one.</p>
      <Form
        label="Change password"
        button="Change password"
        submit={async ({ current_password: currentPassword = '', new_password: newPassword = '' }) => {
          await auth.changePassword({ currentPassword, newPassword })
          say('Your password has been changed. All other sessions have ended.')
        }}
      >
        {/* For password managers, which want to know whose password it is. */}
        <input className="unseen" type="email" autoComplete="username" value={email} readOnly tabIndex={-1} aria-hidden />
        <Field name="current_password" label="Current password" type="password" autoComplete="current-password" required />
        <Field
          name="new_password"
          label="New password"
          hint="15 characters or more. A short sentence is fine."
          type="password"
          autoComplete="new-password"
          required
        />
      </Form>
    </section>
  )
}
