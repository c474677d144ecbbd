import { AuthProvider, Splash, useSession } from '@tandem-auth/client/react'
import { BrowserRouter, Navigate, Route, Routes, useLocation } from 'react-router'
import { auth } from './auth'
import { Offline } from './banner'
import { Frame } from './frame'
import { Account } from './views/account'
import { Password } from './views/password'
import { Sessions } from './views/sessions'
import { SignIn } from './views/sign-in'
import { SignUp } from './views/sign-up'

export function App() {
  return (
    <AuthProvider client={auth}>
      <BrowserRouter>
        <Frame>
          <View />
        </Frame>
      </BrowserRouter>
    </AuthProvider>
  )
}

function View() {
  const state = useSession()
  const { pathname } = useLocation()
  if (state.status === 'booting') return <Splash />
  if (state.status === 'unreachable' && !state.user) return <Offline state={state} />
  // In the place of any view, so that nobody loses the way.
  if (state.status === 'unauthenticated') return pathname === '/sign-up' ? <SignUp /> : <SignIn reason={state.reason} />
  return (
    <Routes>
      <Route path="/" element={<Account />} />
      <Route path="/sessions" element={<Sessions />} />
      <Route path="/password" element={<Password />} />
      <Route path="*" element={<Navigate to="/" replace />} />
    </Routes>
  )
}
