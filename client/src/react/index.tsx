'use client'

export { AuthProvider, useAuth, useAuthEvent, useSession, useUser } from './hooks.js'
export type { Auth } from './hooks.js'
export type { LoginContext } from './login-required.js'
export { RequireAuth } from './require-auth.js'
export type { RequireAuthProps } from './require-auth.js'
export { Splash } from './splash.js'
export type { SplashLabels, SplashProps } from './splash.js'
