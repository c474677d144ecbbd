// login.tsx
import { useState, type FormEvent } from 'react'
import { isAuthError } from '@tandem-auth/client'
import { useAuth } from '@tandem-auth/client/react'

export function Login() {
  const auth = useAuth()
  const reason = auth.status === 'unauthenticated' ? auth.reason : null
  const [problem, setProblem] = useState('')

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    try {
      await auth.signIn({ email: String(form.get('email')), password: String(form.get('password')) })
    } catch (error) {
      setProblem(explain(error))
    }
  }

  return (
    <form onSubmit={submit}>
      {reason === 'session_expired' && <p>Please sign in again.</p>}
      {reason === 'cookies_blocked' && <p>Your browser did not keep the cookie that signs you in.</p>}
      <label>E-mail <input name="email" type="email" autoComplete="username" required /></label>
      <label>Password <input name="password" type="password" autoComplete="current-password" required /></label>
      <button>Sign in</button>
      <p role="alert">{problem}</p>
    </form>
  )
}

function explain(error: unknown) {
  if (!isAuthError(error)) throw error
  if (error.code === 'invalid_credentials') return 'The address or the password is wrong.'
  if (error.code === 'cookies_blocked') return 'Your browser blocks the cookie that keeps you signed in.'
  if (error.code === 'too_many_requests') return `Too many tries. Wait for ${error.retryAfter || 60} seconds.`
  return `That did not work (${error.code}).`
}
