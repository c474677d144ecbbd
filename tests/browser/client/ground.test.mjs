// What the other tests stand on: the faults are the faults they claim to be, in this browser, and tabs are
// apart. And what the service says to whoever has less than a whole pair.

import assert from 'node:assert/strict'
import { told } from './carried.mjs'
import { lost, split, unsent } from './faults.mjs'
import { blank, jar, login, refresh, send } from './raw.mjs'
import { REFRESH, pause, until } from './world.mjs'

const ME = '/api/auth/me'

/** The generation of the cookie half in the jar. */
const jarAt = async (context) => told((await jar(context))['tandem-access'])?.gen

export async function T00_anAnswerCutAfterItsHeadersMovesTheJar({ site }) {
  const { proxy, context, page, half } = await loggedIn(await site('restless'))
  proxy.fault(REFRESH, split, 1)
  assert.equal((await refresh(page, half)).failed, 'TypeError')
  assert.equal(await jarAt(context), 2, 'the jar has not moved with the headers')
  assert.deepEqual((await refresh(page, half)).answer.session.id, half.session.id)
  assert.equal(await jarAt(context), 2, 'the same generation again')
}

export async function T00_anAnswerLostBeforeItsHeadersDoesNotMoveTheJar({ site }) {
  const { proxy, context, page, half } = await loggedIn(await site('restless'))
  for (const [fault, reached] of [[unsent, null], [lost, 200]]) {
    proxy.fault(REFRESH, fault, 1)
    assert.equal((await refresh(page, half)).failed, 'TypeError')
    assert.equal(await jarAt(context), 1, fault.fault)
    assert.equal(proxy.requests(REFRESH).at(-1).status, reached)
  }
  assert.equal(proxy.requests(REFRESH).length, 2, 'the browser has sent one of them again by itself')
  const { answer } = await refresh(page, half)
  assert.equal(told(answer.access_token).gen, 2)
  assert.equal(proxy.requests(REFRESH).at(-1).generation.gen, 2)
}

export async function T00_tabsHaveARendererEach({ site, browser }) {
  const { context, proxy } = await site('restless')
  const cdp = await browser.newBrowserCDPSession()
  const renderers = async () => {
    const { processInfo } = await cdp.send('SystemInfo.getProcessInfo')
    return processInfo.filter(({ type }) => type === 'renderer').length
  }
  const before = await renderers()
  for (let tab = 0; tab < 5; tab++) await (await context.newPage()).goto(`${proxy.origin}/blank`)
  assert.ok(await renderers() >= before + 5, `${await renderers() - before} renderers for 5 tabs`)
}

/** All that can be sent with less than a whole pair of one session. */
export async function T08_onlyBothHalvesOfOneSessionOpen({ site, figure }) {
  const calm = await site('calm')
  const { context, page, half } = await loggedIn(calm)
  const other = await loggedIn(await calm.elsewhere())
  const [mine, theirs] = [await jar(context), await jar(other.context)]
  const access = 'tandem-access'
  const rows = [
    ['none', null, null, 'unauthenticated'],
    ['body half alone', half.access_token, null, 'invalid_token'],
    ['cookie half alone', null, mine[access], 'invalid_token'],
    ['both', half.access_token, mine[access], 200],
    ['two sessions', half.access_token, theirs[access], 'invalid_token'],
    ['two sessions, the other way', other.half.access_token, mine[access], 'invalid_token'],
    ['body half twice', half.access_token, half.access_token, 'invalid_token'],
    ['cookie half twice', mine[access], mine[access], 'invalid_token'],
    ['swapped', mine[access], half.access_token, 'invalid_token'],
    ['a refresh token as body half', half.refresh_token, mine[access], 'invalid_token'],
    ['a refresh token as cookie half', half.access_token, mine['tandem-refresh'], 'invalid_token'],
    ['body half with another signature', resigned(half.access_token), mine[access], 'invalid_token'],
    ['cookie half with another signature', half.access_token, resigned(mine[access]), 'invalid_token'],
  ]
  const tab = await blank(calm)
  for (const [what, bearer, value, wanted] of rows) {
    await putAccessCookie(context, calm.origin, value)
    const { status, code } = await send(tab, ME, { bearer })
    assert.deepEqual([what, status, code], [what, ...(wanted === 200 ? [200, null] : [401, wanted])])
  }
  // Nothing of this has harmed anybody.
  await putAccessCookie(context, calm.origin, mine[access])
  assert.equal((await send(page, ME, { bearer: half.access_token })).status, 200)
  assert.equal((await send(other.page, ME, { bearer: other.half.access_token })).status, 200)
  figure(`${rows.length} combinations, one opens`)
}

export async function T08_oneExpiredHalfIsExpired({ site }) {
  const { context, origin, page, half } = await loggedIn(await site('strict'))
  const old = { body: half.access_token, cookie: (await jar(context))['tandem-access'] }
  await expired(page, old.body)
  const { answer } = await refresh(page, half)
  const next = { body: answer.access_token, cookie: (await jar(context))['tandem-access'] }
  for (const [bearer, cookie] of [[old.body, next.cookie], [next.body, old.cookie], [old.body, old.cookie]]) {
    await putAccessCookie(context, origin, cookie)
    const { status, code } = await send(page, ME, { bearer })
    assert.deepEqual([status, code], [401, 'access_expired'])
  }
  await putAccessCookie(context, origin, next.cookie)
  assert.equal((await send(page, ME, { bearer: next.body })).status, 200)
}

/** A refresh with one half missing is refused, and nobody is harmed. */
export async function T08_aRefreshNeedsAllFour({ site }) {
  const { context, origin, page, half } = await loggedIn(await site('restless'))
  const whole = await context.cookies()
  const without = (name) => whole.filter((cookie) => cookie.name !== name)
  const refused = async (what, presented) => {
    const { status, code } = await refresh(page, presented)
    assert.deepEqual([what, status, code], [what, 401, 'invalid_token'])
  }
  for (const name of ['tandem-access', 'tandem-refresh']) {
    await context.clearCookies()
    await context.addCookies(without(name))
    await refused(`without the cookie ${name}`, half)
  }
  await context.clearCookies()
  await refused('without cookies', half)
  await context.addCookies(whole)
  await refused('without the access token', { ...half, access_token: undefined })
  await refused('with the access token as refresh token', { ...half, refresh_token: half.access_token })
  assert.equal((await refresh(page, half)).status, 200, `${origin}: a refusal has harmed the session`)
}

async function loggedIn(site) {
  const page = await blank(site)
  const half = await login(page, await site.account())
  assert.ok(half.access_token)
  return { ...site, page, half }
}

async function putAccessCookie(context, url, value) {
  await context.clearCookies({ name: 'tandem-access' })
  if (value) await context.addCookies([{ name: 'tandem-access', value, url, httpOnly: true, sameSite: 'Strict' }])
}

function resigned(jwt) {
  const [head, payload, signature] = jwt.split('.')
  return [head, payload, (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1)].join('.')
}

async function expired(page, bearer) {
  await until('expiry', async () => {
    await pause(200)
    return (await send(page, ME, { bearer })).code === 'access_expired'
  })
}
