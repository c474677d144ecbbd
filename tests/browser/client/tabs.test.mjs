// Several tabs of one browser.

import assert from 'node:assert/strict'
import { freezer, hide, outdate, without } from './device.mjs'
import { gate } from './faults.mjs'
import { blank } from './raw.mjs'
import { REFRESH, call, pause, ready, refreshes, rotations, signIn, state, tabsOf, told, until } from './world.mjs'

export async function T04_fiveTabsThatExpireTogetherRenewOnce({ site, figure }) {
  const { tabs, proxy } = await tabsOf(await site('restless'), 5)
  await outdate(...tabs)
  const from = proxy.seen.length
  const answers = await Promise.all(tabs.map((tab) => call(tab)))
  assert.deepEqual(answers.map((answer) => answer.status), Array(5).fill(200))
  figure(`${refreshes(proxy, from).length} refresh calls`)
  assert.ok(refreshes(proxy, from).length <= 2)
  for (const tab of tabs) assert.deepEqual(await told(tab, 'signedOut'), [])
}

/** While one tab waits for the lock it hears what another has renewed, and then there is nothing left to do. */
export async function T04_whoHasWaitedForTheLockTakesWhatIsThere({ site }) {
  const it = await tabsOf(await site('restless'), 2)
  const { tabs: [one, other], proxy } = it
  const third = await blank(it)
  await outdate(one, other)
  // In the queue for the lock: a stranger, a tab, the stranger again, the other tab.
  const queue = () => third.evaluate(async () => (await navigator.locks.query()).pending.length)
  const takeLock = () => third.evaluate(() => {
    window.letGo ??= []
    navigator.locks.request('tandem', () => new Promise((done) => window.letGo.push(done)))
  })
  await takeLock()
  const first = call(one)
  await until('a queue of one', async () => await queue() === 1)
  await takeLock()
  const second = call(other)
  await until('a queue of three', async () => await queue() === 3)
  await third.evaluate(() => window.letGo.shift()())
  assert.equal((await first).status, 200)
  await other.waitForFunction(() => window.auth.getState().generation === 2)
  await third.evaluate(() => window.letGo.shift()())
  assert.equal((await second).status, 200)
  assert.equal(refreshes(proxy).length, 1)
}

/** In five visible tabs the timers do it. */
export async function T04_fiveTabsRenewAheadInTurn({ site, figure }) {
  const { tabs, proxy } = await tabsOf(await site('short'), 5)
  const from = proxy.seen.length
  await pause(8000)
  const calls = refreshes(proxy, from).length
  figure(`${calls} refresh calls, ${rotations(proxy)} rotations in 8 s`)
  assert.ok(calls >= 3 && calls <= 1.3 * rotations(proxy) + 1)
  for (const tab of tabs) {
    assert.equal((await call(tab)).status, 200)
    assert.deepEqual(await told(tab, 'signedOut'), [])
  }
}

/** Well before the 5 seconds after which a tab goes on without the lock. */
const AT_ONCE = 4000

export async function T09_aTabThatIsClosedGivesTheLockBack({ site, figure }) {
  await theOtherGoesOn(await site('calm'), (holder) => holder.close(), figure)
}

export async function T09_aTabThatCrashesGivesTheLockBack({ site, figure }) {
  await theOtherGoesOn(await site('calm'), (holder) => {
    holder.goto('chrome://crash').catch(() => {})
    return new Promise((done) => holder.once('crash', done))
  }, figure)
}

async function theOtherGoesOn(site, end, figure) {
  const { tabs: [holder, other], held, proxy } = await holdingTheLock(site)
  const waiting = call(other)
  await pause(500)
  assert.equal(refreshes(proxy).length, 1, 'the other tab has not waited')
  await end(holder)
  const ended = Date.now()
  assert.equal((await waiting).status, 200)
  const took = refreshes(proxy)[1].at - ended
  assert.ok(took < AT_ONCE, `${took} ms`)
  figure(`the next refresh after ${Math.max(took, 0)} ms`)
  held.release()
}

export async function T10_aFrozenHolderKeepsNobodyWaitingForLong({ site, figure }) {
  const { tabs: [holder, other], held, proxy } = await holdingTheLock(await site('calm'))
  const { freeze, thaw } = await freezer(holder)
  await freeze()
  const begun = Date.now()
  const answer = await Promise.race([call(other), pause(20_000)])
  assert.equal(answer?.status, 200, 'the other tab waits for ever')
  figure(`the other tab went on after ${refreshes(proxy)[1].at - begun} ms`)
  assert.ok(refreshes(proxy)[1].at - begun >= AT_ONCE, 'a frozen tab has not kept its lock')
  held.release()
  await pause(500)
  await thaw()
  assert.equal((await call(holder)).status, 200)
  for (const tab of [holder, other]) {
    assert.equal((await state(tab)).status, 'authenticated')
    assert.deepEqual(await told(tab, 'signedOut'), [])
  }
}

/**
 * An answer so late that another tab is a generation further. It sets the jar back; if it set back the store as
 * well, both halves would look like a stolen copy.
 */
export async function T10_anAnswerThatComesLateDoesNotReplaceANewerOne({ site }) {
  const it = await site('restless')
  await without(it.context, 'locks')
  const { tabs: [one, other], proxy } = await tabsOf(it, 2)
  await Promise.all([one, other].map(hide))
  const renew = (tab) => tab.evaluate(async () => { await window.auth.getAccessToken({ minValiditySeconds: 100_000 }) })
  const held = gate('answer')
  proxy.fault(REFRESH, held, 1)
  const late = renew(one)
  await held.reached
  // The same once more, since nobody has seen it; then it is seen, and something newer.
  for (const generation of [2, 3]) {
    await renew(other)
    assert.equal((await state(other)).generation, generation)
    assert.equal((await call(other)).status, 200)
  }
  held.release()
  await late
  assert.equal((await state(one)).generation, 3)
  for (const tab of [one, other]) assert.equal((await call(tab)).status, 200)
  await renew(one)
  const { bodyHalf, cookieHalf, status } = refreshes(proxy).at(-1)
  assert.deepEqual([bodyHalf.gen, cookieHalf.gen, status], [3, 2, 200])
  for (const tab of [one, other]) {
    assert.equal((await call(tab)).status, 200)
    assert.deepEqual(await told(tab, 'signedOut'), [])
  }
}

/** Two tabs, and the first is in the middle of a refresh. */
async function holdingTheLock(site) {
  const { tabs } = await tabsOf(site, 2)
  await outdate(...tabs)
  const held = gate('answer')
  site.proxy.fault(REFRESH, held, 1)
  tabs[0].evaluate(() => window.call('/app/echo')).catch(() => {})
  await held.reached
  return { ...site, tabs, held }
}

export async function T31_aTypedAddressAndANoopenerLinkFindThemSignedIn({ site }) {
  const { context, proxy, origin, signedIn } = await site('calm')
  const first = await signedIn()
  const from = proxy.seen.length
  const typed = await context.newPage()
  await typed.goto(`${origin}/dual`)
  await first.evaluate(() => {
    const link = Object.assign(document.createElement('a'), { href: '/dual', target: '_blank', rel: 'noopener' })
    document.body.append(Object.assign(link, { textContent: 'another' }))
  })
  const [opened] = await Promise.all([context.waitForEvent('page'), first.click('a')])
  await opened.waitForLoadState()
  for (const page of [typed, opened]) {
    await ready(page)
    const { status, user } = await state(page)
    assert.deepEqual([status, user.email], ['authenticated', first.account.email])
    assert.equal((await call(page)).status, 200)
  }
  assert.equal(proxy.requests('/api/auth/login', from).length, 0)
}

export async function T32_withoutLocksTabsDoMoreRequestsAndStaySignedIn({ site, figure }) {
  await degraded(await site('short'), ['locks'], figure)
}

export async function T32_withoutAChannelTabsFindOutLater({ site, figure }) {
  const { tabs: [one, other] } = await degraded(await site('short'), ['BroadcastChannel'], figure)
  await one.evaluate(() => window.auth.signOut())
  // Its own call tells it, and the next one is not sent.
  assert.equal((await call(other)).status, 401)
  assert.deepEqual(await call(other), { error: 'signed_out' })
  assert.equal((await state(other)).status, 'unauthenticated')
}

export async function T32_withoutBothTabsStaySignedIn({ site, figure }) {
  await degraded(await site('short'), ['BroadcastChannel', 'locks'], figure)
}

async function degraded(it, features, figure) {
  await without(it.context, ...features)
  const { tabs, proxy } = await tabsOf(it, 3)
  for (let times = 0; times < 12; times++) {
    const answers = await Promise.all(tabs.map((tab) => call(tab)))
    assert.deepEqual(answers.map((answer) => answer.status), [200, 200, 200])
    await pause(500)
  }
  for (const tab of tabs) assert.deepEqual(await told(tab, 'signedOut'), [])
  figure(`${refreshes(proxy).length} refresh calls, ${rotations(proxy)} rotations`)
  return { ...it, tabs, proxy }
}

/** In this tab it works until it is reloaded. */
export async function T32_withoutIndexedDBOneTabWorks({ site }) {
  const it = await site('short')
  await without(it.context, 'indexedDB')
  const page = await it.signedIn()
  for (let times = 0; times < 6; times++) {
    assert.equal((await call(page)).status, 200)
    await pause(800)
  }
  assert.ok(rotations(it.proxy) >= 2)
  await page.reload()
  await ready(page)
  assert.equal((await state(page)).status, 'unauthenticated')
  await signIn(page, page.account)
  assert.equal((await call(page)).status, 200)
}
