// A clock that is wrong, or jumps: it is the service that says whether a token is good.

import assert from 'node:assert/strict'
import { HOUR, hide, moveClock } from './device.mjs'
import { call, pause, ready, refreshes, state, told } from './world.mjs'

/** The lid of a laptop: eight hours go by between two moments of the page. */
export async function T12_aWakingPageRenewsOnce({ site }) {
  const { context, proxy, signedIn } = await site('short')
  const page = await signedIn()
  await hide(page)
  await pause(2100)
  const from = proxy.seen.length
  await moveClock(page, 8 * HOUR)
  const answers = await page.evaluate(() => {
    window.hide(false)
    window.dispatchEvent(new Event('online'))
    return Promise.all(Array.from({ length: 10 }, () => window.call('/app/echo')))
  })
  assert.deepEqual(answers.map(({ status }) => status), Array(10).fill(200))
  assert.equal(refreshes(proxy, from).length, 1)
  assert.equal(proxy.requests('/app/echo', from).length, 10)
  assert.deepEqual(await told(page, 'signedOut'), [])
}

/** Ten minutes ahead and behind, and a day. The browser's own clock, which judges cookies, stays right. */
export async function T13_aWrongClockChangesNothing({ site, figure }) {
  for (const [what, skew] of [['+10 min', HOUR / 6], ['-10 min', -HOUR / 6], ['+1 day', 24 * HOUR], ['-1 day', -24 * HOUR]]) {
    const { context, proxy, account, open } = await site('short')
    await context.addInitScript((skew) => { window.skew = skew }, skew)
    const page = await open()
    const me = await account()
    await page.evaluate((me) => window.auth.signIn(me), me)
    await useFor(page, 6000)
    const calls = refreshes(proxy).length
    figure(`${what}: ${calls} refresh calls in 6 s`)
    assert.ok(calls >= 2 && calls <= 4, `${what}: ${calls} refresh calls`)
    assert.ok(refreshes(proxy).every(({ status }) => status === 200), `${what}: a refresh was refused`)
    await page.reload()
    await ready(page)
    assert.equal((await state(page)).status, 'authenticated')
  }
}

/** Set right while the page is open, forwards and backwards. */
export async function T13_aClockThatIsSetDoesNoHarm({ site, figure }) {
  for (const jump of [-24, -1, 1, 24]) {
    const { context, proxy, signedIn } = await site('short')
    const page = await signedIn()
    await moveClock(page, jump * HOUR)
    await useFor(page, 6000)
    const calls = refreshes(proxy).length
    figure(`${jump} h: ${calls} refresh calls in 6 s`)
    assert.ok(calls >= 2 && calls <= 5, `${jump} h: ${calls} refresh calls`)
    assert.deepEqual(await told(page, 'signedOut'), [])
  }
}

async function useFor(page, ms) {
  for (const end = Date.now() + ms; Date.now() < end; await pause(250)) assert.equal((await call(page)).status, 200)
}
