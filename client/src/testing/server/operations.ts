/** The operations of the dual flow, and those that both flows share. */

import { answer, empty, json, problem, type Answer, type FieldError } from './answers.js'
import { genuinePair, guard, presentedHalves, type Call } from './guard.js'
import { expire, grant } from './issue.js'
import { refresh } from './refresh.js'
import { passwordLogin, sessionLogout, token } from './session-flow.js'
import type { FakeOperation } from './types.js'
import type { Account, OpenSession, World } from './world.js'

type Operation = (world: World, call: Call) => Answer | Promise<Answer>

const post = (operation: FakeOperation) => ({ POST: operation })

const PATHS: Readonly<Record<string, Readonly<Record<string, FakeOperation>>>> = {
  '/api/auth/register': post('register'),
  '/api/auth/login': post('login'),
  '/api/auth/refresh': post('refresh'),
  '/api/auth/logout': post('logout'),
  '/api/auth/logout-all': post('logoutAll'),
  '/api/auth/me': { GET: 'me' },
  '/api/auth/sessions': { GET: 'listSessions', DELETE: 'endOtherSessions' },
  '/api/auth/sessions/': { DELETE: 'endSession' },
  '/api/auth/password': post('changePassword'),
  '/iam/passwordlogin': post('passwordLogin'),
  '/iam/oauth/token': post('token'),
  '/iam/logout': post('sessionLogout'),
}

export function operationAt(method: string, path: string): FakeOperation {
  const found = PATHS[path.replace(/^(\/api\/auth\/sessions\/)[^/]+$/, '$1')]
  return found?.[method] ?? 'unknown'
}

const OPERATIONS: Partial<Record<FakeOperation, Operation>> = {
  register: withJson(['email', 'password'], (world, _call, { email = '', password = '' }) => {
    const { origin, registration } = world.settings
    const errors = [...badEmail(email), ...badNewPassword(world, 'password', password)]
    if (errors.length > 0) return invalid(world, errors)
    if (registration === 'closed') return problem(origin, 'forbidden', { detail: 'registration is closed' })
    if (!world.account(email)) world.addAccount(email, password)
    return empty(202)
  }),

  login: login((world, _call, account) => opened(world, world.openSession(account, 'dual'))),

  refresh: withJson(['refresh_token'], (world, call, { refresh_token }) => refresh(world, call, refresh_token)),

  logout: (world, call) => {
    const pair = genuinePair(world, presentedHalves(world, call))
    if (typeof pair === 'string') return empty(204)
    pair.session.ended = true
    return empty(204, { cookies: expireAll(world) })
  },

  logoutAll: guarded((world, _call, { account }) => {
    endAll(world.sessionsOf(account))
    return empty(204, { cookies: expireAll(world) })
  }),

  me: guarded((world, _call, session) => json({ user: session.account.user, session: world.describe(session) })),

  listSessions: guarded((world, _call, current) => {
    const sessions = world.sessionsOf(current.account)
    return json({ sessions: sessions.map((session) => world.describe(session, session === current)) })
  }),

  endOtherSessions: guarded((world, _call, current) => {
    endAll(world.sessionsOf(current.account).filter((session) => session !== current))
    return empty(204)
  }),

  endSession: guarded((world, call, { account }) => {
    const id = call.path.slice(call.path.lastIndexOf('/') + 1)
    const session = world.sessionsOf(account).find((session) => session.id === id)
    if (!session) return problem(world.settings.origin, 'not_found')
    session.ended = true
    return empty(204)
  }),

  changePassword: guarded(withJson(['current_password', 'new_password'], changePassword)),

  passwordLogin: login(passwordLogin),
  token,
  sessionLogout,
}

export async function operate(world: World, call: Call, operation: FakeOperation): Promise<Answer> {
  const perform = OPERATIONS[operation]
  if (perform) return perform(world, call)
  return problem(world.settings.origin, PATHS[call.path] ? 'method_not_allowed' : 'not_found', { outcome: 'unknown' })
}

type Members = Readonly<Record<string, string>>

/** Reads the members of a JSON body: these, and no others. */
function withJson<Rest extends readonly unknown[]>(
  names: readonly string[],
  perform: (world: World, call: Call, members: Members, ...rest: Rest) => Answer,
): (world: World, call: Call, ...rest: Rest) => Promise<Answer> {
  return async (world, call, ...rest) => {
    const { origin } = world.settings
    const type = call.request.headers.get('content-type') ?? ''
    if (!/^application\/json(; ?charset=utf-8)?$/i.test(type)) {
      return problem(origin, 'unsupported_media_type', {
        detail: 'send JSON, uncompressed, as Content-Type: application/json',
      })
    }
    const value: unknown = await call.request.json().catch(() => null)
    if (typeof value !== 'object' || value === null) {
      return problem(origin, 'invalid_request', { detail: 'the body is not well-formed JSON' })
    }
    const errors = badMembers(names, value)
    return errors.length > 0 ? invalid(world, errors) : perform(world, call, value as Members, ...rest)
  }
}

function badMembers(names: readonly string[], members: object): FieldError[] {
  const given = Object.keys(members)
  const unknown = given.filter((name) => !names.includes(name)).length
  // A missing refresh token is a matter of the refresh.
  const missing = names.filter((name) => name !== 'refresh_token' && !given.includes(name))
  return [
    ...missing.map((field) => ({ field, message: 'is required' })),
    ...(unknown > 0 ? [{ field: '', message: `${unknown} unknown member(s); send only documented ones` }] : []),
  ]
}

function guarded(
  perform: (world: World, call: Call, session: OpenSession) => Answer | Promise<Answer>,
): Operation {
  return (world, call) => {
    const pair = guard(world, call)
    return 'session' in pair ? perform(world, call, pair.session) : pair
  }
}

/** The session of a pair that comes along ends. */
function login(open: (world: World, call: Call, account: Account) => Answer): Operation {
  return withJson(['email', 'password'], (world, call, { email = '', password = '' }) => {
    const errors = badEmail(email)
    if (errors.length > 0) return invalid(world, errors)
    const account = world.account(email)
    if (!account?.enabled || account.password !== password) {
      return problem(world.settings.origin, 'invalid_credentials', { outcome: 'invalid_credentials' })
    }
    const pair = genuinePair(world, presentedHalves(world, call))
    if (typeof pair !== 'string') pair.session.ended = true
    return open(world, call, account)
  })
}

function changePassword(world: World, _call: Call, members: Members, { account, flow }: OpenSession): Answer {
  const { current_password = '', new_password = '' } = members
  const errors = badNewPassword(world, 'new_password', new_password)
  if (errors.length > 0) return invalid(world, errors)
  if (account.password !== current_password) {
    return invalid(world, [{ field: 'current_password', message: 'this is not the current password' }])
  }
  account.password = new_password
  endAll(world.sessionsOf(account))
  return opened(world, world.openSession(account, flow))
}

/** A new session takes the place of what the browser had, of the other flow too. */
function opened(world: World, session: OpenSession): Answer {
  const { value, cookies } = grant(world, session)
  const other = expire(world, session.flow === 'dual' ? 'session' : 'refresh')
  return answer(json(value).response, { cookies: [...cookies, ...other] })
}

function endAll(sessions: readonly OpenSession[]): void {
  for (const session of sessions) session.ended = true
}

const expireAll = (world: World) => expire(world, 'access', 'refresh', 'session')

const invalid = (world: World, errors: readonly FieldError[]) =>
  problem(world.settings.origin, 'validation_failed', { errors, outcome: 'validation_failed' })

const badEmail = (email: string): FieldError[] =>
  /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email.trim())
    ? []
    : [{ field: 'email', message: 'not an e-mail address: write it as name@example.com' }]

function badNewPassword({ settings }: World, field: string, password: string): FieldError[] {
  const least = settings.passwordMinLength
  if ([...password].length >= least) return []
  return [{ field, message: `at least ${least} characters are needed; a sentence is a good password` }]
}
