// login-route.tsx
import { Navigate, Outlet, useNavigate, useSearchParams, type RouteObject } from 'react-router'
import { safeReturnTo } from '@tandem-auth/client'
import { RequireAuth, useSession } from '@tandem-auth/client/react'
import { Login } from './login'
import { Profile } from './profile'

function Guarded() {
  const navigate = useNavigate()
  return (
    <RequireAuth
      onLoginRequired={({ returnTo }) => navigate(`/login?to=${encodeURIComponent(returnTo)}`, { replace: true })}
    >
      <Outlet />
    </RequireAuth>
  )
}

function LoginPage() {
  const [query] = useSearchParams()
  const { status } = useSession()
  if (status === 'authenticated') return <Navigate to={safeReturnTo(query.get('to'))} replace />
  return <Login />
}

export const routes: RouteObject[] = [
  { path: '/login', element: <LoginPage /> },
  { element: <Guarded />, children: [{ path: '/profile', element: <Profile /> }] },
]
