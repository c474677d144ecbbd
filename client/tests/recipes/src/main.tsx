// src/main.tsx
import { createRoot } from 'react-dom/client'
import { createAuthClient } from '@tandem-auth/client'
import { AuthProvider, RequireAuth } from '@tandem-auth/client/react'
import { Profile } from './profile'

const auth = createAuthClient({ mode: 'dual', baseUrl: 'http://localhost:8080' })
const signIn = (form: FormData) => auth.signIn({ email: `${form.get('email')}`, password: `${form.get('password')}` })
const login = <form action={(form) => void signIn(form).catch((error) => alert(error.code))}>
  <input name="email" placeholder="E-mail" /> <input name="password" placeholder="Password" type="password" />
  <button>Sign in</button></form>

createRoot(document.getElementById('root')!).render(
  <AuthProvider client={auth}><RequireAuth login={login}><Profile /></RequireAuth></AuthProvider>,
)
