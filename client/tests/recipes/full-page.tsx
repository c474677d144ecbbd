// full-page.tsx
import type { ReactNode } from 'react'
import { RequireAuth } from '@tandem-auth/client/react'

export function Guarded({ children }: { children: ReactNode }) {
  return (
    <RequireAuth onLoginRequired={({ returnTo }) => location.assign(`/login?to=${encodeURIComponent(returnTo)}`)}>
      {children}
    </RequireAuth>
  )
}
