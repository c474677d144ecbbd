// The refresh table of docs/protocol.md, cell by cell, through the fake service's own door.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeAuthServer, type FakeCookie } from '../../src/testing/index.js'
import { ADA, half, page, said, type Presented, type Tokens } from './page.js'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const AGES = [0, 1, 2] as const
type Age = (typeof AGES)[number] | null

/** Cookie half, body half, what happens before the current generation is settled, and after. */
const TABLE: readonly [Age, Age, string, string][] = [
  [0, 0, 'rotate', 'rotate'],
  [0, 1, 'resend', 'resend'],
  [0, 2, 'stale_body', 'stale_body'],
  [0, null, 'partial', 'partial'],
  [1, 0, 'resend', 'resend'],
  [1, 1, 'resend', 'reuse both'],
  [1, 2, 'stale_body', 'reuse both'],
  [1, null, 'partial', 'spent_cookie'],
  [2, 0, 'stale_cookie', 'reuse cookie'],
  [2, 1, 'stale_cookie', 'reuse both'],
  [2, 2, 'stale_cookie', 'reuse both'],
  [2, null, 'partial', 'spent_cookie'],
  [null, 0, 'partial', 'partial'],
  [null, 1, 'partial', 'partial'],
  [null, 2, 'partial', 'partial'],
  [null, null, 'partial', 'partial'],
]

const refreshCookie = ({ path }: FakeCookie) => path === '/api/auth/refresh'

/** A session of generation 3, and all that it ever had. */
async function session() {
  const server = fakeAuthServer()
  server.addUser(ADA)
  const owner = page(server)
  const kept: { tokens: Tokens; cookies: readonly FakeCookie[] }[] = []
  const keep = (tokens: Tokens) => kept.unshift({ tokens, cookies: owner.browser.cookies })
  keep(await owner.login())
  for (let generation = 2; generation <= 3; generation++) {
    server.advance(40_000)
    keep((await (await owner.refresh(half(kept[0]!.tokens))).json()) as Tokens)
  }
  expect(server.counts.rotations).toBe(2)
  const [current, previous] = kept
  return {
    server,
    owner,
    current: current!,
    previous: previous!,
    /** All four tokens, the refresh tokens of these ages. */
    present(cookie: Age, body: Age) {
      const access = current!.cookies.filter((cookie) => !refreshCookie(cookie))
      const refresh = cookie === null ? [] : kept[cookie]!.cookies.filter(refreshCookie)
      owner.browser.setCookies([...access, ...refresh])
      return owner.refresh({
        access: current!.tokens.access_token,
        refresh: body === null ? undefined : kept[body]!.tokens.refresh_token,
      })
    },
  }
}

const outcome = (server: { calls: readonly { outcome: string | null }[] }) => server.calls.at(-1)?.outcome

const ended = async ({ server, owner, current }: Awaited<ReturnType<typeof session>>) => {
  owner.browser.setCookies(current.cookies)
  const answer = await said(owner.call('/api/auth/me', { access: current.tokens.access_token }))
  expect(['200', '401 invalid_token', '401 access_expired']).toContain(answer)
  return answer === '401 invalid_token' && outcome(server) === 'ended'
}

for (const settled of [false, true]) {
  describe(settled ? 'settled' : 'not settled', () => {
    test.each(TABLE)('cookie %s, body %s', async (cookie, body, before, after) => {
      const found = await session()
      const { server, owner, current } = found
      if (settled) await owner.call('/api/auth/me', { access: current.tokens.access_token })
      server.advance(30_000)
      const expected = settled ? after : before
      const answer = await found.present(cookie, body)
      expect(outcome(server)).toBe(expected)
      const granted = expected === 'rotate' || expected === 'resend'
      expect(await said(answer.clone())).toBe(granted ? '200' : '401 invalid_token')
      expect(await ended(found)).toBe(expected.startsWith('reuse'))
      if (granted) {
        const tokens = (await answer.json()) as Tokens
        expect(claims(tokens.access_token).gen).toBe(expected === 'rotate' ? 4 : 3)
        expect(tokens.refresh_token === current.tokens.refresh_token).toBe(expected === 'resend')
      }
    })
  })
}

const claims = (token: string) => JSON.parse(atob(token.split('.')[1]!)) as { gen: number }

test('settled is counted from the first sight of the body half, to the millisecond', async () => {
  for (const [wait, expected] of [[29_999, 'resend'], [30_000, 'reuse both']] as const) {
    const { server, owner, current, present } = await session()
    server.advance(60_000)
    await owner.call('/api/auth/me', { access: current.tokens.access_token })
    server.advance(wait)
    await present(1, 1)
    expect(outcome(server)).toBe(expected)
  }
})

test('a body refresh token that is answered acknowledges, a cookie does not', async () => {
  const byBody = await session()
  await byBody.present(1, 0)
  byBody.server.advance(30_000)
  await byBody.present(1, 1)
  expect(outcome(byBody.server)).toBe('reuse both')

  const byCookie = await session()
  await byCookie.present(0, 1)
  byCookie.server.advance(30_000)
  await byCookie.present(1, 1)
  expect(outcome(byCookie.server)).toBe('resend')
})

test('at the guard, an old body half acknowledges nothing', async () => {
  const { server, owner, current, previous, present } = await session()
  expect(await said(owner.call('/api/auth/me', { access: previous.tokens.access_token }))).toBe('200')
  server.advance(30_000)
  await present(1, 1)
  expect(outcome(server)).toBe('resend')
  expect(await said(owner.call('/api/auth/me', { access: current.tokens.access_token }))).toBe('200')
  server.advance(30_000)
  await present(1, 1)
  expect(outcome(server)).toBe('reuse both')
})

test('rule (*): what has just been minted is sent again, and only then a rotation follows', async () => {
  const server = fakeAuthServer()
  server.addUser(ADA)
  const { login, refresh } = page(server)
  let tokens: Tokens | undefined = await login()
  const steps: [number, string][] = [[0, 'resend'], [29_000, 'resend'], [30_000, 'rotate'], [1_000, 'resend']]
  for (const [wait, expected] of steps) {
    server.advance(wait)
    const answer: Response = await refresh(half(tokens))
    tokens = (await answer.json()) as Tokens
    expect(outcome(server)).toBe(expected)
  }
})

test('reuse deletes the cookies of the session and is told as any refusal', async () => {
  const found = await session()
  await found.owner.call('/api/auth/me', { access: found.current.tokens.access_token })
  found.server.advance(30_000)
  const answer = await found.present(1, 1)
  expect(await said(answer)).toBe('401 invalid_token')
  expect(found.owner.browser.cookies).toEqual([])
  expect(found.server.counts).toMatchObject({ reuses: 1, refusals: { 'reuse both': 1 } })
  const again = await found.present(0, 0)
  expect(await said(again)).toBe('401 invalid_token')
  expect(outcome(found.server)).toBe('ended')
})

test('a refusal touches no cookie', async () => {
  const { owner, present } = await session()
  await present(0, 2)
  const before = owner.browser.cookies
  await present(0, null)
  expect(owner.browser.cookies).toEqual(before)
})

test('tokens of another session, junk, and no access pair', async () => {
  const { server, owner, current } = await session()
  const other = page(server)
  const theirs = await other.login()
  const mixed: Presented = { access: current.tokens.access_token, refresh: theirs.refresh_token }
  const cases: [Presented, string][] = [
    [mixed, 'partial'],
    [{ ...mixed, refresh: 'tdm_rtb_junk' }, 'partial'],
    [{ ...mixed, access: theirs.access_token }, 'mismatch'],
    [{ ...mixed, access: 'junk' }, 'malformed'],
    [{ refresh: current.tokens.refresh_token }, 'missing'],
  ]
  for (const [presented, expected] of cases) {
    expect(await said(owner.refresh(presented))).toBe('401 invalid_token')
    expect(outcome(server)).toBe(expected)
  }
  expect(await said(page(server).refresh({}))).toBe('401 unauthenticated')
})

test('a generation that was never reached is no token', async () => {
  const { server, owner, current } = await session()
  const ahead = current.tokens.refresh_token!.replace('.3.', '.4.')
  await owner.refresh({ access: current.tokens.access_token, refresh: ahead })
  expect(outcome(server)).toBe('partial')
})

test('an overdue session is refused, and so is a disabled user', async () => {
  const overdue = await session()
  overdue.server.advance(7 * 86_400_000)
  await overdue.present(0, 0)
  // Its cookies have gone with it.
  expect(outcome(overdue.server)).toBe('missing')

  const disabled = await session()
  disabled.server.disableUser(ADA.email)
  await disabled.present(0, 0)
  expect(outcome(disabled.server)).toBe('ended')
})
