// profile.tsx
import { useAuth, useUser } from '@tandem-auth/client/react'

export function Profile() {
  const user = useUser()
  const { signOut } = useAuth()
  return (
    <>
      <h1>Hello {user.email}</h1>
      <button onClick={() => signOut()}>Sign out</button>
    </>
  )
}
