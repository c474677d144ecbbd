// A clock that is wrong, or jumps: it is the service that says whether a token is good.

import assert from 'node:assert/strict'
import { HOUR, hide, moveClock } from './device.mjs'
import { call, pause, ready, refreshes, state, told } from './world.mjs'

/** The lid of a laptop: eight hours go by between two moments of the page. */
export async function T12_aWakingPageRenewsOnce({ site }) {
  const { proxy, signedIn } = await site('restless')
  const page = await signedIn()
  await hide(page)
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
  await Promise.all([-24, -1 / 6, 1 / 6, 24].map(async (hours) => {
    const { context, proxy, signedIn } = await site('short')
    await context.addInitScript((skew) => { window.skew = skew }, hours * HOUR)
    const page = await signedIn()
    figure(await noStorm(page, proxy, `${hours.toFixed(1)} h`, 3))
    assert.ok(refreshes(proxy).every(({ status }) => status !== 401), `${hours} h: a refresh was refused`)
    await page.reload()
    await ready(page)
    assert.equal((await state(page)).status, 'authenticated')
  }))
}

/** Set right while the page is open, forwards and backwards. */
export async function T13_aClockThatIsSetDoesNoHarm({ site, figure }) {
  await Promise.all([-24, -1, 1, 24].map(async (hours) => {
    const { proxy, signedIn } = await site('strict')
    const page = await signedIn()
    await moveClock(page, hours * HOUR)
    figure(await noStorm(page, proxy, `${hours} h`, 1))
    assert.deepEqual(await told(page, 'signedOut'), [])
  }))
}

/** In use for a while: renewed as often as pairs expire, and no more. */
async function noStorm(page, proxy, what, least) {
  const begun = proxy.seen.at(-1).at
  for (const end = Date.now() + 8000; Date.now() < end; await pause(250)) assert.equal((await call(page)).status, 200)
  const [calls, seconds] = [refreshes(proxy).length, (Date.now() - begun) / 1000]
  const text = `${what}: ${calls} refresh calls in ${seconds.toFixed(1)} s`
  assert.ok(calls >= least && calls <= 1 + seconds, text)
  return text
}
