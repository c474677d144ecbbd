// The network loses, cuts and refuses: nobody is signed out by it.

import assert from 'node:assert/strict'
import { outdate } from './device.mjs'
import { lost, split, unavailable, unsent } from './faults.mjs'
import { REFRESH, STALE, call, pause, refreshes, state, status, told } from './world.mjs'

export async function T06_anAnswerCutAfterItsHeadersIsAskedForAgain({ site }) {
  const { seen, page } = await mishap(await site('restless'), split)
  // The jar moved on with the headers, the page did not; the service repeats itself.
  assert.deepEqual(seen, [
    { fault: 'split', body: 1, cookie: 1, answer: 2 },
    { fault: null, body: 1, cookie: 2, answer: 2 },
  ])
  assert.equal((await state(page)).generation, 2)
}

export async function T06_aTabClosedInTheMiddleLeavesHalvesApart({ site }) {
  const { context, proxy, signedIn, open } = await site('restless')
  const page = await signedIn()
  const other = await open()
  await outdate(page, other)
  proxy.fault(REFRESH, split, 1)
  page.evaluate(() => window.call('/app/echo')).catch(() => {})
  await page.waitForResponse((answer) => answer.url().endsWith(REFRESH))
  await page.close()
  assert.equal((await call(other)).status, 200)
  const [, again] = refreshes(proxy)
  assert.deepEqual([again.bodyHalf.gen, again.cookieHalf.gen, again.generation.gen], [1, 2, 2])
}

export async function T07_anAnswerLostBeforeItsHeadersIsAskedForAgain({ site }) {
  const { seen } = await mishap(await site('restless'), lost)
  assert.deepEqual(seen, [
    { fault: 'lost', body: 1, cookie: 1, answer: 2 },
    { fault: null, body: 1, cookie: 1, answer: 2 },
  ])
}

export async function T07_aRequestThatNeverArrivedIsSentAgain({ site }) {
  const { seen } = await mishap(await site('restless'), unsent)
  assert.deepEqual(seen, [
    { fault: 'unsent', body: 1, cookie: 1, answer: undefined },
    { fault: null, body: 1, cookie: 1, answer: 2 },
  ])
}

/** One refresh goes wrong, and the call that needed it is answered all the same. */
async function mishap(it, fault) {
  const page = await it.signedIn()
  await outdate(page)
  it.proxy.fault(REFRESH, fault, 1)
  assert.equal((await call(page)).status, 200)
  assert.equal((await state(page)).status, 'authenticated')
  assert.deepEqual(await told(page, 'signedOut'), [])
  const seen = refreshes(it.proxy).map((entry) => ({
    fault: entry.fault, body: entry.bodyHalf.gen, cookie: entry.cookieHalf.gen, answer: entry.generation?.gen,
  }))
  return { ...it, page, seen }
}

/** A client that asks as fast as it can would keep the service down. */
export async function T15_anUnavailableServiceIsLeftAlone({ site, figure }) {
  const { proxy, signedIn } = await site('short')
  const page = await signedIn()
  assert.equal((await call(page)).status, 200)
  proxy.fault(REFRESH, unavailable)
  const from = proxy.seen.length
  const answers = []
  for (const end = Date.now() + 20_000; Date.now() < end; await pause(500)) answers.push(await call(page))
  const calls = refreshes(proxy, from).length
  figure(`${calls} refresh calls in 20 s of 503, ${answers.length} calls of the app`)
  assert.ok(calls >= 1 && calls <= 4, `${calls} refresh calls`)
  assert.deepEqual(answers.at(-1), { error: 'unavailable' })
  const { status: now, user, error } = await page.evaluate(() => {
    const { status, user, error } = window.auth.getState()
    return { status, user, error: error?.code }
  })
  assert.deepEqual([now, user?.email, error], ['unreachable', page.account.email, 'unavailable'])
  assert.deepEqual(await told(page, 'signedOut'), [])

  proxy.heal()
  assert.equal((await page.evaluate(() => window.auth.retry())).status, 'authenticated')
  assert.equal((await call(page)).status, 200)
}

export async function T14_offlineOverAnExpiry({ site, figure }) {
  const { context, proxy, signedIn } = await site('short')
  const page = await signedIn()
  await context.setOffline(true)
  await status(page, 'unreachable')
  const { user, session } = await state(page)
  assert.equal(user.email, page.account.email)
  assert.ok(session.id)
  assert.deepEqual(await call(page), { error: 'network' })
  assert.deepEqual(await told(page, 'signedOut'), [])
  const from = proxy.seen.length
  await context.setOffline(false)
  const begun = Date.now()
  await status(page, 'authenticated')
  figure(`signed in again ${Date.now() - begun} ms after the network`)
  assert.equal((await call(page)).status, 200)
  assert.ok(refreshes(proxy, from).length >= 1)
  assert.deepEqual(await told(page, 'signedOut'), [])
}

/** A page that is loaded while the service is away shows who was signed in, and comes to life by itself. */
export async function T14_loadedWhileTheServiceIsAway({ site }) {
  const { proxy, signedIn } = await site('short')
  const page = await signedIn()
  await pause(STALE)
  proxy.fault(REFRESH, unavailable, 4)
  await page.reload()
  await status(page, 'unreachable')
  assert.equal((await state(page)).user.email, page.account.email)
  assert.equal((await page.evaluate(() => window.auth.retry())).status, 'authenticated')
  assert.equal((await call(page)).status, 200)
}
