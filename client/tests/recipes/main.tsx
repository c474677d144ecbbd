// main.tsx
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { AuthProvider, RequireAuth } from '@tandem-auth/client/react'
import { auth } from './auth'
import { Login } from './login'
import { Profile } from './profile'

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <AuthProvider client={auth}>
      <RequireAuth login={<Login />}>
        <Profile />
      </RequireAuth>
    </AuthProvider>
  </StrictMode>,
)
