// The session flow: a cookie in the jar, exchanged for a pair that lives shortly. The page keeps nothing.

import assert from 'node:assert/strict'
import { TOKEN } from './carried.mjs'
import { outdate } from './device.mjs'
import { gate, late, lost, split, unavailable, uncookied } from './faults.mjs'
import { call, pause, ready, signIn, state, status, tabsOf, told } from './world.mjs'

const TOKEN_PATH = '/iam/oauth/token'
const exchanges = (proxy, from) => proxy.requests(TOKEN_PATH, from)
const statuses = (page) => page.evaluate(() => window.states.map(({ status }) => status))

export async function T01_aPageOfTheSessionFlowKeepsNothing({ site }) {
  const { context, proxy, signedIn } = await site('short')
  const page = await signedIn('/session')
  assert.equal((await call(page)).status, 200)
  const kept = await page.evaluate(async () => [
    { ...localStorage }, { ...sessionStorage }, await indexedDB.databases(), document.cookie, window.told, window.states,
  ])
  assert.deepEqual(kept.slice(0, 4), [{}, {}, [], ''])
  assert.doesNotMatch(JSON.stringify(kept), TOKEN)
  const { bodyHalf, cookieHalf, status: answered } = proxy.requests('/app/echo')[0]
  assert.deepEqual([answered, bodyHalf.sid], [200, cookieHalf.sid])
  const names = (await context.cookies()).map(({ name }) => name).sort()
  assert.deepEqual(names, ['tandem-access', 'tandem-session'])
}

/** Nothing rotates: any exchange may be repeated. */
export async function T06_anExchangeThatWentWrongIsAskedForAgain({ site }) {
  for (const fault of [split, lost]) {
    const { proxy, signedIn } = await site('short')
    const page = await signedIn('/session')
    await outdate(page)
    const from = proxy.seen.length
    proxy.fault(TOKEN_PATH, fault, 1)
    assert.equal((await call(page)).status, 200, fault.fault)
    assert.equal(exchanges(proxy, from).length, 2, fault.fault)
    assert.deepEqual(await told(page, 'signedOut'), [])
  }
}

export async function T15_anUnavailableServiceIsLeftAloneInTheSessionFlow({ site, figure }) {
  const { proxy, signedIn } = await site('short')
  const page = await signedIn('/session')
  proxy.fault(TOKEN_PATH, unavailable)
  const from = proxy.seen.length
  for (const end = Date.now() + 20_000; Date.now() < end; await pause(500)) await call(page)
  figure(`${exchanges(proxy, from).length} exchanges in 20 s of 503`)
  assert.ok(exchanges(proxy, from).length <= 4)
  assert.equal((await state(page)).status, 'unreachable')
  assert.deepEqual(await told(page, 'signedOut'), [])
  proxy.heal()
  assert.equal((await page.evaluate(() => window.auth.retry())).status, 'authenticated')
}

export async function T16_signingOutInOneTabSignsOutInAllOfTheSessionFlow({ site }) {
  const { tabs: [one, other], proxy } = await tabsOf(await site('calm'), 2, '/session')
  assert.equal(await one.evaluate(() => window.auth.signOut()), true)
  await status(other, 'unauthenticated')
  const from = proxy.seen.length
  assert.deepEqual(await call(other), { error: 'signed_out' })
  assert.equal(proxy.seen.length, from, 'a request was sent')
  assert.deepEqual(await one.context().cookies(), [])
}

export async function T18_anExchangeUnderWayDoesNotUndoASignOut({ site }) {
  const { proxy, signedIn } = await site('short')
  const page = await signedIn('/session')
  await outdate(page)
  const held = gate('answer')
  proxy.fault(TOKEN_PATH, held, 1)
  const waiting = call(page)
  await held.reached
  const signedOut = page.evaluate(() => window.auth.signOut())
  await status(page, 'unauthenticated')
  held.release()
  await signedOut
  assert.ok('error' in await waiting)
  await pause(500)
  assert.equal((await state(page)).status, 'unauthenticated')
  await page.reload()
  await ready(page)
  assert.equal((await state(page)).status, 'unauthenticated')
}

export async function T19_somebodyElseSignsInInAnotherTabOfTheSessionFlow({ site }) {
  const it = await site('calm')
  const { tabs: [one, other], proxy, account } = await tabsOf(it, 2, '/session')
  const second = await it.account()
  await signIn(other, second)
  await one.waitForFunction((email) => window.auth.getState().user?.email === email, second.email)
  const [{ from, to }] = await told(one, 'userChanged')
  assert.deepEqual([from.email, to.email], [account.email, second.email])
  const begin = proxy.seen.length
  assert.equal((await call(one)).status, 200)
  for (const { bodyHalf, cookieHalf } of proxy.seen.slice(begin)) assert.equal(bodyHalf.sid, cookieHalf.sid)
}

export async function T21_blockedCookiesAreSaidOnceInTheSessionFlow({ site }) {
  const { proxy, account, open } = await site('short')
  const page = await open('/session')
  for (const path of ['/iam/passwordlogin', TOKEN_PATH]) proxy.fault(path, uncookied)
  const me = await account()
  const from = proxy.seen.length
  const { error } = await page.evaluate((me) => window.outcome(window.auth.signIn(me)), me)
  assert.equal(error, 'cookies_blocked')
  await pause(3000)
  assert.equal(proxy.seen.length - from, 2, 'the client goes on asking')
}

export async function T24_bootInTheSessionFlow({ site }) {
  const { context, proxy, signedIn } = await site('calm')
  const page = await signedIn('/session')

  await page.reload()
  await status(page, 'authenticated')
  assert.deepEqual(await statuses(page), ['booting', 'authenticated'])

  proxy.fault(TOKEN_PATH, late(3000), 1)
  await page.reload()
  await pause(1500)
  assert.deepEqual(await statuses(page), ['booting'])
  await status(page, 'authenticated')
  assert.deepEqual(await statuses(page), ['booting', 'authenticated'])

  // As often as the client tries before it says so.
  proxy.fault(TOKEN_PATH, unavailable, 4)
  await page.reload()
  await status(page, 'unreachable')
  const before = exchanges(proxy).length
  assert.equal((await page.evaluate(() => window.auth.retry())).status, 'authenticated')
  assert.deepEqual(await statuses(page), ['booting', 'unreachable', 'authenticated'])
  assert.equal(exchanges(proxy).length, before + 1)

  proxy.fault(TOKEN_PATH, unavailable, 1)
  await page.reload()
  await status(page, 'authenticated')
  assert.deepEqual(await statuses(page), ['booting', 'authenticated'])

  await context.clearCookies()
  const from = proxy.seen.length
  await page.reload()
  await status(page, 'unauthenticated')
  assert.deepEqual(await statuses(page), ['booting', 'unauthenticated'])
  assert.equal((await state(page)).reason, null)
  await pause(2000)
  assert.equal(proxy.seen.length - from, 1, 'the client goes on asking')
}

/** A page of the session flow is in the back-forward cache while another tab signs out. */
export async function T17_aPageOfTheSessionFlowFromTheCacheShowsNobody({ site }) {
  const it = await site('calm')
  const { tabs: [one, page], origin, account } = await tabsOf(it, 2, '/session')
  await page.goto(`${origin}/blank`)
  await one.evaluate(() => window.auth.signOut())
  await page.goBack({ waitUntil: 'commit' })
  await status(page, 'unauthenticated')
  assert.ok(!(await page.evaluate(() => document.body.textContent)).includes(account.email))
}
