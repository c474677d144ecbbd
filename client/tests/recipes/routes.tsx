// routes.tsx
import { Outlet, type RouteObject } from 'react-router'
import { RequireAuth } from '@tandem-auth/client/react'
import { Login } from './login'
import { Profile } from './profile'

export const routes: RouteObject[] = [
  { path: '/', element: <h1>Welcome</h1> },
  {
    element: <RequireAuth login={<Login />}><Outlet /></RequireAuth>,
    children: [{ path: '/profile', element: <Profile /> }],
  },
]
