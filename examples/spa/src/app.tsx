import { AuthProvider, RequireAuth, Splash } from '@tandem-auth/client/react'
import { BrowserRouter, Navigate, Route, Routes, useLocation } from 'react-router'
import { auth } from './auth'
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
  const { pathname } = useLocation()
  return (
    <RequireAuth
      splash={<div className="card entry"><Splash /></div>}
      offline={<div className="card entry"><Splash /></div>}
      login={pathname === '/sign-up' ? <SignUp /> : <SignIn />}
    >
      <Routes>
        <Route path="/" element={<Account />} />
        <Route path="/sessions" element={<Sessions />} />
        <Route path="/password" element={<Password />} />
        <Route path="*" element={<Navigate to="/" replace />} />
      </Routes>
    </RequireAuth>
  )
}
