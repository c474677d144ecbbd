/** What a page holds of a session, and the rules about it. No storage and no network in here. */

import { AuthError } from './errors.js'
import type { Answer } from './requests.js'
import type { Session, TokenRecord, User } from './types.js'

/** The part of a record that both flows have. In the session flow nothing is rotated: no generation. */
export type Held = Omit<TokenRecord, 'version' | 'generation' | 'refresh'> & { readonly generation: number | null }

/** The answer to a login, a refresh or a change of password. */
export interface TokenAnswer {
  access_token: string
  expires_in: number
  /** Both are missing in the session flow. */
  refresh_token: string
  refresh_expires_in?: number
  session: Session
  user: User
}

/** What a token says of itself. Nobody verifies it here: the service does, for every request. */
export function claims(token: string): { sid: string; gen: number; roles: string[] } {
  try {
    return JSON.parse(atob(token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/')))
  } catch {
    throw new AuthError('protocol')
  }
}

/** Counting from when the request was sent, a token never seems to live longer than it does. */
export function held({ body, askedAt }: Answer<TokenAnswer>): Held {
  return {
    generation: null,
    access: body.access_token,
    askedAt,
    accessExpiresAt: askedAt + body.expires_in * 1000,
    endsAt: askedAt + (body.refresh_expires_in ?? Infinity) * 1000,
    user: body.user,
    session: body.session,
  }
}

export function record(answer: Answer<TokenAnswer>): TokenRecord {
  const { access_token, refresh_token } = answer.body
  return { ...held(answer), version: 1, generation: claims(access_token).gen, refresh: refresh_token }
}

/** Whatever lies in a storage may have been written by anybody. */
export const asRecord = (it: TokenRecord | null | undefined): TokenRecord | null =>
  it?.version === 1 && it.user && it.session ? it : null

/**
 * The outcome of a refresh, put in the place of what is stored by then. After a sign-out or another sign-in it
 * comes too late; a generation never gives way to an older one: the cookie half has moved on with the newer.
 */
export const commit = (next: TokenRecord) => (stored: TokenRecord | null) =>
  stored?.session.id === next.session.id && stored.generation <= next.generation ? next : stored

/** Milliseconds that the access token still lives. */
export const left = (it: Held) => it.accessExpiresAt - Date.now()

/** From how many milliseconds before its end a token is renewed: a tenth of its life, a quarter of a short one. */
export const ahead = (it: Held) => (it.accessExpiresAt - it.askedAt) * (it.generation ? 0.1 : 0.25)

export const isFresh = (it: Held) => left(it) > ahead(it)
