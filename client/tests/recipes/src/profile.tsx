// src/profile.tsx
import { useAuth, useUser } from '@tandem-auth/client/react'

export function Profile() {
  const { fetch, signOut } = useAuth()
  const sessions = () => fetch('/api/auth/sessions').then((answer) => answer.json()).then(console.log)
  return <>
    <h1>Hello {useUser().email}</h1>
    <button onClick={sessions}>Where am I signed in?</button> <button onClick={() => signOut()}>Sign out</button>
  </>
}
