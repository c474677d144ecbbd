/** What a page holds of a session, and the rules about it. No storage, no network, no clock in here. */

import { AuthError } from './errors.js'
import type { Session, TokenRecord, User } from './types.js'

/** The part of a record that both flows have. In the session flow nothing is rotated: no generation. */
export type Held = Omit<TokenRecord, 'version' | 'generation' | 'refreshToken'> & {
  readonly generation: number | null
}

/** The answer to a login, a refresh or a change of password. */
export interface TokenAnswer {
  access_token: string
  expires_in: number
  refresh_token?: string
  refresh_expires_in?: number
  session: Session
  user: User
}

export interface Claims {
  sid: string
  sub: string
  gen?: number
  roles: string[]
}

/** What a token says of itself. Nobody verifies it here: the service does, for every request. */
export function claims(token: string): Claims {
  try {
    const payload = token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/')
    return JSON.parse(atob(payload))
  } catch (cause) {
    throw new AuthError('protocol', 'the answer holds no readable token', { cause })
  }
}

/** `asked`: when the request was sent. Counting from there, a token never seems to live longer than it does. */
export function held(answer: TokenAnswer, asked: number): Held {
  return {
    sessionId: answer.session.id,
    generation: null,
    accessToken: answer.access_token,
    accessExpiresAt: asked + answer.expires_in * 1000,
    accessLifetime: answer.expires_in,
    refreshExpiresAt: asked + (answer.refresh_expires_in ?? Infinity) * 1000,
    user: answer.user,
    session: answer.session,
  }
}

export function record(answer: TokenAnswer, asked: number): TokenRecord {
  const generation = claims(answer.access_token).gen
  if (!answer.refresh_token || !generation) throw new AuthError('protocol', 'the answer holds no refresh token')
  return { ...held(answer, asked), version: 1, generation, refreshToken: answer.refresh_token }
}

/** Whatever lies in a storage may have been written by anybody. */
export function asRecord(value: unknown): TokenRecord | null {
  const it = value as TokenRecord | null | undefined
  const whole = it?.version === 1 && it.accessToken && it.refreshToken && it.sessionId && it.user && it.session
  return whole ? it : null
}

/**
 * The outcome of a refresh, put in the place of what is stored by then. After a sign-out or another sign-in it
 * comes too late; a generation never gives way to an older one: the cookie half has moved on with the newer.
 */
export function commit(next: TokenRecord) {
  return (stored: TokenRecord | null) =>
    stored?.sessionId === next.sessionId && stored.generation <= next.generation ? next : stored
}

/** Milliseconds that the access token still lives. */
export const left = (it: Held) => it.accessExpiresAt - Date.now()

/** From how many milliseconds before its end a token is renewed: a tenth of its life, a quarter of a short one. */
export const ahead = (it: Held) => it.accessLifetime * (it.generation ? 100 : 250)

export const isFresh = (it: Held) => left(it) > ahead(it)
