// splash.tsx
import type { ReactNode } from 'react'
import { RequireAuth, Splash } from '@tandem-auth/client/react'
import { Login } from './login'

const splash = (
  <Splash
    className="splash"
    labels={{
      loading: 'Einen Moment…',
      slow: 'Es dauert länger als sonst…',
      unreachable: 'Keine Verbindung zum Dienst.',
      retryIn: (seconds) => `Nächster Versuch in ${seconds} s`,
      retry: 'Jetzt versuchen',
    }}
  >
    <img src="/logo.svg" alt="" />
  </Splash>
)

export function Guarded({ children }: { children: ReactNode }) {
  return (
    <RequireAuth splash={splash} offline={splash} login={<Login />}>
      {children}
    </RequireAuth>
  )
}
