// Signing out, signing in as somebody else, and being signed out.

import assert from 'node:assert/strict'
import { outdate, without } from './device.mjs'
import { gate, uncookied } from './faults.mjs'
import { blank, refresh, send } from './raw.mjs'
import { REFRESH, call, pause, ready, refreshes, signIn, state, status, tabsOf, told, until } from './world.mjs'

export async function T16_signingOutInOneTabSignsOutInAll({ site, figure }) {
  const { tabs: [one, other], proxy } = await tabsOf(await site('calm'), 2)
  const begun = Date.now()
  assert.equal(await signOut(one), true)
  await status(other, 'unauthenticated')
  const [{ at, reason, origin }] = await told(other, 'signedOut')
  figure(`the other tab knew after ${at - begun} ms`)
  assert.deepEqual([reason, origin], ['signed_out', 'other-tab'])
  const from = proxy.seen.length
  assert.deepEqual(await call(other), { error: 'signed_out' })
  assert.deepEqual(await call(one), { error: 'signed_out' })
  assert.equal(proxy.seen.length, from, 'a request was sent')
  assert.deepEqual(await one.context().cookies(), [])
}

/** The news of the sign-out reaches a page in the back-forward cache: the browser throws the page away. */
export async function T17_backAfterASignOutLoadsThePageAnew({ site }) {
  const { persisted, states } = await backAfter(await site('calm'), signOut)
  assert.equal(persisted, false)
  assert.ok(states.every((it) => it.status !== 'authenticated'))
}

/** Without news the page itself comes back, and must not show, even for a frame, who has signed out meanwhile. */
export async function T17_aPageFromTheCacheShowsNobodyBeforeItHasLooked({ site, figure }) {
  const it = await site('calm')
  await without(it.context, 'BroadcastChannel')
  const { persisted, painted, account } = await backAfter(it, signOut)
  assert.equal(persisted, true, 'the page did not come from the cache')
  assert.ok(painted.length > 0)
  assert.ok(painted.every((text) => !text.includes(account.email)), 'a frame shows who was signed in')
  figure(`${painted.length} frames`)
}

export async function T17_aPageFromTheCacheGoesOn({ site }) {
  const { persisted, page, account } = await backAfter(await site('calm'), () => {}, 'authenticated')
  assert.equal(persisted, true, 'the page did not come from the cache')
  assert.equal((await state(page)).user.email, account.email)
  assert.equal((await call(page)).status, 200)
}

/** A page is left, something happens in another tab, and the page is gone back to. */
async function backAfter(it, happen, ends = 'unauthenticated') {
  const { tabs: [one, page], account, origin } = await tabsOf(it, 2)
  await page.waitForFunction((email) => document.body.textContent.includes(email), account.email)
  await page.evaluate(() => {
    window.onpageshow = ({ persisted }) => {
      Object.assign(window, { persisted, painted: [] })
      const look = () => {
        window.painted.push(document.body.textContent)
        if (window.painted.length < 20) requestAnimationFrame(look)
      }
      requestAnimationFrame(look)
    }
  })
  await page.goto(`${origin}/blank`)
  await happen(one)
  await page.goBack({ waitUntil: 'commit' })
  await status(page, ends)
  await page.waitForFunction(() => !window.painted || window.painted.length === 20)
  const seen = await page.evaluate(() => ({
    persisted: window.persisted ?? false, painted: window.painted ?? [], states: window.states,
  }))
  return { ...seen, page, account }
}

export async function T18_aRefreshUnderWayDoesNotUndoASignOut({ site }) {
  const { tabs: [one, other], held, waiting } = await refreshUnderWay(await site('restless'))
  const signedOut = signOut(one)
  await status(one, 'unauthenticated')
  held.release()
  await signedOut
  assert.ok('error' in await waiting, 'a call has gone through after the sign-out')
  await pause(1000)
  for (const tab of [one, other]) {
    assert.equal((await state(tab)).status, 'unauthenticated')
    assert.deepEqual(await call(tab), { error: 'signed_out' })
    await tab.reload()
    await ready(tab)
    assert.equal((await state(tab)).status, 'unauthenticated')
  }
  assert.equal(await stored(one), null)
}

export async function T18_aRefreshUnderWayDoesNotUndoTheSignOutOfAnotherTab({ site }) {
  const { tabs: [one, other], held, waiting } = await refreshUnderWay(await site('restless'))
  await signOut(other)
  await status(one, 'unauthenticated')
  held.release()
  assert.ok('error' in await waiting, 'a call has gone through after the sign-out')
  for (const tab of [one, other]) {
    await tab.reload()
    await ready(tab)
    assert.equal((await state(tab)).status, 'unauthenticated')
  }
  assert.equal(await stored(one), null)
}

/** Otherwise the late answer would put the cookies of the old session in the place of the new one's. */
export async function T19_aSignInWaitsForTheRefreshThatIsUnderWay({ site }) {
  const { tabs: [one, other], held, waiting, account, proxy } = await refreshUnderWay(await site('restless'))
  const second = await account()
  const signedIn = signIn(other, second)
  await pause(1000)
  assert.equal(proxy.requests('/api/auth/login').length, 1, 'it has not waited')
  held.release()
  await signedIn
  await waiting
  for (const tab of [one, other]) {
    await tab.waitForFunction((email) => window.auth.getState().user?.email === email, second.email)
    assert.equal((await call(tab)).status, 200)
    assert.deepEqual(await told(tab, 'signedOut'), [])
  }
}

/** In the first of two tabs, since it has a call to make. */
async function refreshUnderWay(it) {
  const { tabs, proxy } = await tabsOf(it, 2)
  await outdate(...tabs)
  const held = gate('answer')
  proxy.fault(REFRESH, held, 1)
  const waiting = call(tabs[0])
  await held.reached
  return { ...it, tabs, held, waiting }
}

export async function T19_somebodyElseSignsInInAnotherTab({ site }) {
  const it = await site('calm')
  const { tabs: [one, other], proxy, account } = await tabsOf(it, 2)
  const second = await it.account()
  await signIn(other, second)
  await one.waitForFunction((email) => window.auth.getState().user?.email === email, second.email)
  const [{ from, to }] = await told(one, 'userChanged')
  assert.deepEqual([from.email, to.email], [account.email, second.email])
  const begin = proxy.seen.length
  const subject = (await state(other)).user.id
  for (const tab of [one, other]) {
    const { status, text } = await call(tab)
    assert.deepEqual([status, JSON.parse(text).subject], [200, subject])
  }
  for (const { bodyHalf, cookieHalf } of proxy.seen.slice(begin)) assert.equal(bodyHalf.sid, cookieHalf.sid)
  assert.deepEqual(await told(one, 'signedOut'), [])
}

/** A thief has copied everything, and is one generation late. */
export async function T20_aSupersededCopyEndsTheSessionForAll({ site }) {
  const it = await site('restless')
  const { tabs, proxy, context } = await tabsOf(it, 2)
  const copy = { cookies: await context.cookies(), record: await stored(tabs[0]) }
  await tabs[0].evaluate(() => window.auth.getAccessToken({ minValiditySeconds: 100_000 }))
  for (const tab of tabs) assert.equal((await call(tab)).status, 200)
  assert.equal((await state(tabs[0])).generation, copy.record.generation + 1)
  await pause(500)

  const thief = await it.elsewhere()
  await thief.context.addCookies(copy.cookies)
  const den = await blank(thief)
  const { access: access_token, refresh: refresh_token } = copy.record
  const { status: refused, code } = await refresh(den, { access_token, refresh_token })
  assert.deepEqual([refused, code], [401, 'invalid_token'])
  assert.equal((await send(den, '/api/auth/me', { bearer: access_token })).status, 401)

  // The call that finds out is answered as it is; the next one is not even sent.
  assert.equal((await call(tabs[0])).status, 401)
  assert.deepEqual(await call(tabs[0]), { error: 'signed_out' })
  for (const tab of tabs) {
    await status(tab, 'unauthenticated')
    assert.equal((await state(tab)).reason, 'session_ended')
  }
  assert.deepEqual(await told(tabs[1], 'signedOut').then(([{ reason, origin }]) => [reason, origin]), ['session_ended', 'other-tab'])
  assert.equal(await stored(tabs[0]), null)
  assert.ok(refreshes(proxy).length <= 4, 'a loop')
}

/** A page that is loaded with an old token asks first, and shows nobody meanwhile. */
export async function T20_aSessionThatHasEndedMeanwhileIsNotShown({ site }) {
  const page = await (await site('restless')).signedIn()
  const ended = await page.evaluate(async () => {
    const headers = { Authorization: `Bearer ${await window.auth.getAccessToken()}` }
    return (await fetch('/api/auth/logout-all', { method: 'POST', headers })).status
  })
  assert.equal(ended, 204)
  await outdate(page)
  await page.reload()
  await ready(page)
  assert.deepEqual((await page.evaluate(() => window.states)).map((it) => it.status), ['booting', 'unauthenticated'])
  assert.equal(await stored(page), null)
}

/** A sign-in that works and leaves no cookie. */
export async function T21_blockedCookiesAreSaidOnce({ site, figure }) {
  const { proxy, account, open } = await site('short')
  const page = await open()
  for (const path of ['/api/auth/login', REFRESH]) proxy.fault(path, uncookied)
  const me = await account()
  const signedIn = await page.evaluate((me) => window.outcome(window.auth.signIn(me)), me)
  const first = await call(page)
  await until('a verdict', async () => (await state(page)).status === 'unauthenticated')
  assert.equal((await state(page)).reason, 'cookies_blocked')
  assert.ok(signedIn.error === 'cookies_blocked' || 'error' in first || first.status === 401)
  const seen = proxy.seen.length
  await pause(5000)
  assert.equal(proxy.seen.length, seen, 'the client goes on asking')
  figure(`${seen} requests in all`)
  proxy.heal()
  await signIn(page, me)
  assert.equal((await call(page)).status, 200)
}

export async function T22_storageClearedCookiesKept({ site }) {
  const { context, proxy, origin, signedIn } = await site('short')
  const page = await signedIn()
  await outdate(page)
  const cdp = await context.newCDPSession(page)
  await cdp.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb,local_storage' })
  const from = proxy.seen.length
  assert.deepEqual(await call(page), { error: 'signed_out' })
  const { status: now, reason } = await state(page)
  assert.deepEqual([now, reason], ['unauthenticated', 'storage_cleared'])
  assert.ok((await context.cookies()).length > 0)
  await noLoop(page, proxy, from)
  await staysOutUntilTheySignInAgain(page)
}

export async function T22_cookiesClearedStorageKept({ site }) {
  const { context, proxy, signedIn } = await site('short')
  const page = await signedIn()
  // They have worked before.
  assert.equal((await call(page)).status, 200)
  await context.clearCookies()
  const from = proxy.seen.length
  await status(page, 'unauthenticated')
  assert.equal((await state(page)).reason, 'session_ended')
  assert.deepEqual(await call(page), { error: 'signed_out' })
  await noLoop(page, proxy, from)
  await staysOutUntilTheySignInAgain(page)
}

async function staysOutUntilTheySignInAgain(page) {
  await page.reload()
  await ready(page)
  assert.equal((await state(page)).status, 'unauthenticated')
  await signIn(page, page.account)
  assert.equal((await call(page)).status, 200)
}

async function noLoop(page, proxy, from) {
  await pause(3000)
  assert.ok(proxy.seen.length - from <= 3, `${proxy.seen.length - from} requests`)
}

const signOut = (page) => page.evaluate(() => window.auth.signOut())

/** The record in IndexedDB. */
function stored(page) {
  return page.evaluate(async () => {
    const promised = (request) => new Promise((done) => { request.onsuccess = () => done(request.result) })
    const database = await promised(indexedDB.open('tandem'))
    const record = await promised(database.transaction('half').objectStore('half').get(0))
    database.close()
    return record ?? null
  })
}
