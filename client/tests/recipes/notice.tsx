// notice.tsx
import { useState } from 'react'
import { useAuthEvent, useSession } from '@tandem-auth/client/react'

export function Notices() {
  const state = useSession()
  const [ended, setEnded] = useState(false)
  useAuthEvent('signedOut', ({ reason }) => setEnded(reason === 'session_ended'))
  useAuthEvent('signedIn', () => setEnded(false))
  return (
    <div role="status">
      {state.status === 'unreachable' && state.user && <p>No connection. What you see may be old.</p>}
      {ended && <p>Your session was ended, here or on another device.</p>}
    </div>
  )
}
