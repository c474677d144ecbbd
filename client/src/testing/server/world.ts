/** What the fake service knows: accounts, sessions, its clock. */

import type { Session, User } from '../../types.js'
import type { FakeAuthServerOptions } from './types.js'

export interface Account {
  user: User
  password: string
  enabled: boolean
}

export interface OpenSession {
  readonly id: string
  readonly account: Account
  readonly flow: 'dual' | 'session'
  readonly createdAt: number
  readonly expiresAt: number
  lastSeenAt: number
  idleExpiresAt: number
  generation: number
  /** When the body half of this generation was first seen. */
  acknowledgedAt: number | null
  /** Access tokens from before this second are stale. */
  tokensNotBefore: number
  ended: boolean
}

export type Settings = Required<Omit<FakeAuthServerOptions, 'latency'>>

export class World {
  readonly settings: Settings
  readonly accounts = new Map<string, Account>()
  readonly sessions = new Map<string, OpenSession>()
  #ahead = 0
  #ids = 0

  constructor({ latency: _, ...options }: FakeAuthServerOptions) {
    this.settings = {
      origin: globalThis.location?.origin ?? 'http://localhost',
      allowedOrigins: [],
      accessTtl: 240,
      reuseInterval: 30,
      leeway: 5,
      sessionIdleTtl: 7 * 86_400,
      sessionMaxTtl: 30 * 86_400,
      sessionFlowAccessTtl: 60,
      passwordMinLength: 15,
      registration: 'open',
      ...options,
    }
  }

  now(): number {
    return Date.now() + this.#ahead
  }

  advance(milliseconds: number): void {
    this.#ahead += milliseconds
  }

  /** 32 hexadecimal digits, as the service's. */
  newId(): string {
    return `fa4e${(++this.#ids).toString(16).padStart(28, '0')}`
  }

  addAccount(email: string, password: string, roles: readonly string[] = []): Account {
    const user = { id: this.newId(), email, roles: [...roles].sort(), created_at: time(this.now()) }
    const account = { user, password, enabled: true }
    this.accounts.set(canonical(email), account)
    return account
  }

  account(email: string): Account | undefined {
    return this.accounts.get(canonical(email))
  }

  openSession(account: Account, flow: 'dual' | 'session'): OpenSession {
    const now = this.now()
    const expiresAt = now + this.settings.sessionMaxTtl * 1000
    const session: OpenSession = {
      id: this.newId(), account, flow, createdAt: now, expiresAt, lastSeenAt: now, idleExpiresAt: expiresAt,
      generation: 1, acknowledgedAt: null, tokensNotBefore: 0, ended: false,
    }
    this.sessions.set(session.id, session)
    this.touch(session)
    return session
  }

  /** Moves the idle deadline. */
  touch(session: OpenSession): void {
    session.lastSeenAt = this.now()
    session.idleExpiresAt = Math.min(session.expiresAt, session.lastSeenAt + this.settings.sessionIdleTtl * 1000)
  }

  /** Neither ended nor overdue, and its owner enabled. */
  isAlive(session: OpenSession): boolean {
    return !session.ended && this.now() < session.idleExpiresAt && session.account.enabled
  }

  sessionsOf(account: Account): OpenSession[] {
    const all = [...this.sessions.values()].filter((session) => session.account === account && this.isAlive(session))
    return all.reverse()
  }

  /** Whole seconds for which the session can still be renewed. */
  renewableFor(session: OpenSession): number {
    return Math.floor((session.idleExpiresAt - this.now()) / 1000)
  }

  describe(session: OpenSession, current = true): Session {
    return {
      id: session.id,
      created_at: time(session.createdAt),
      last_seen_at: time(session.lastSeenAt),
      expires_at: time(session.expiresAt),
      ip: '192.0.2.7',
      user_agent: 'Fake browser',
      amr: ['pwd'],
      current,
    }
  }
}

const canonical = (email: string) => email.trim().toLowerCase()
const time = (milliseconds: number) => new Date(milliseconds).toISOString()
