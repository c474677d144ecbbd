import { useEffect, useState } from 'react'
import { safeReturnTo } from '../return-to.js'
import type { AuthClient, AuthState, SignOutReason } from '../types.js'
import { useClient } from './hooks.js'
import { isLoop } from './login-loop.js'

export interface LoginContext {
  /** Path, query and fragment of the page that asks: where to go after the login. */
  returnTo: string
  reason: SignOutReason | null
}

// How many guards of this page wait for a login. The first one asks for it.
const waiting = new WeakMap<AuthClient, number>()

function wait(client: AuthClient, change: 1 | -1): number {
  const guards = (waiting.get(client) ?? 0) + change
  waiting.set(client, guards)
  return guards
}

type SignedOut = AuthState & { status: 'unauthenticated' }

/** Asks for a login once, however many guards are mounted and however often their effects run. */
export function useLoginRequired(
  signedOut: SignedOut | false,
  onLoginRequired: ((context: LoginContext) => void) | undefined,
  redirects: boolean,
) {
  const client = useClient()
  const [looping, setLooping] = useState(false)

  const ask = () => {
    const { pathname, search, hash } = location
    if (signedOut) onLoginRequired?.({ returnTo: safeReturnTo(pathname + search + hash), reason: signedOut.reason })
  }

  useEffect(() => {
    if (!signedOut || !onLoginRequired) return
    // Only what a page finds out first can be a circle. A sign-out, or the way back to this page, is none.
    const returned = redirects && !waiting.has(client) && signedOut.reason !== 'signed_out'
    if (wait(client, 1) === 1) {
      const loop = returned && isLoop()
      setLooping(loop)
      if (!loop) ask()
    }
    // Later, because an effect may end only to begin anew at once: under StrictMode, or with a new handler.
    return () =>
      queueMicrotask(() => {
        // Booting: the page is being left. Otherwise the login is a part of it, and nothing goes in circles.
        if (!wait(client, -1) && client.getState().status !== 'booting') isLoop(true)
      })
  }, [client, signedOut, onLoginRequired, redirects])

  return [looping, ask] as const
}
