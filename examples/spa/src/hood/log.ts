import type { RequestEvent } from '@tandem-auth/client'
import { auth } from '../auth'
import { createStore } from '../store'

/** A request, or a line about what the client has noticed. Never with the text of a token. */
export type Entry = { id: number; at: number } & (
  | { kind: 'request'; request: RequestEvent; byHand: boolean; code?: string | undefined }
  | { kind: 'note'; text: string }
)
type New = Entry extends infer E ? (E extends Entry ? Omit<E, 'id' | 'at'> : never) : never

const KEPT = 50
let last = 0

const entries = createStore<readonly Entry[]>([])

/** The latest one first. */
export const useLog = entries.use
export const clear = () => entries.update(() => [])

export function note(entry: New) {
  const next = { ...entry, id: ++last, at: Date.now() } as Entry
  entries.update((before) => [next, ...before].slice(0, KEPT))
}

const line = (text: string) => note({ kind: 'note', text })

auth.on('request', (request) => note({ kind: 'request', request, byHand: false }))
auth.on('renewed', ({ generation, adopted }) => {
  const which = generation ? `Generation ${generation}` : 'A new token'
  line(adopted ? `${which}, fetched by another tab` : `${which}: renewed`)
})
auth.on('renewFailed', ({ error }) => line(`Could not be renewed: ${error.code}. Nobody is signed out for that`))
auth.on('signedIn', ({ origin }) => line(origin === 'here' ? 'Signed in' : 'Signed in by another tab'))
auth.on('signedOut', ({ reason, origin }) => line(`Signed out (${reason})${origin === 'here' ? '' : ', seen from outside this tab'}`))
auth.on('userChanged', () => line('Somebody else is signed in now'))
