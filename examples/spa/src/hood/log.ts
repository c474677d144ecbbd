import { createStore } from '../store'

/** A call as it went out, and what came of it. Never with the text of a token. */
export interface Call {
  method: string
  path: string
  /** Attached by the page, in the `Authorization` header. */
  bodyHalf: boolean
  /** Whether the browser was allowed to add it. What it did, no page can see. */
  cookieHalf: boolean
  /** `null`: no answer. */
  status: number | null
  /** Of a refusal. */
  code: string | undefined
  durationMs: number
  /** Past the client, by a button of the panel. */
  byHand: boolean
}

/** A call, or a line about what the client has noticed. */
export type Entry = { id: number; at: number; call?: Call; text?: string }

const KEPT = 50
let last = 0

const entries = createStore<readonly Entry[]>([])

/** The latest one first. */
export const useLog = entries.use
export const clear = () => entries.update(() => [])

export function note(what: { call: Call } | { text: string }) {
  entries.update((before) => [{ ...what, id: ++last, at: Date.now() }, ...before].slice(0, KEPT))
}
