// A page that stays open for days: what it has does not grow with the number of renewals.

import assert from 'node:assert/strict'
import { pause, refreshes, rotations, state } from './world.mjs'

const ROUNDS = 200
const WARM_UP = 20
/** Until then a request's time limit stays with the browser, whether it is still needed or not. */
const TIME_LIMIT = 11_000
/** What the client makes of each, if it never let go. Whole prototypes: nothing of the page itself makes these. */
const KINDS = ['AbortSignal', 'AbortController', 'BroadcastChannel', 'IDBDatabase', 'IDBTransaction', 'IDBRequest',
  'Response', 'Request', 'Headers', 'MessageEvent', 'Lock', 'URL', 'URLSearchParams']

export async function T33_twoHundredRotationsLeaveNothingBehind({ site, figure }) {
  const { context, proxy, signedIn } = await site('restless')
  await context.addInitScript(countTimersAndListeners)
  const page = await signedIn()
  const cdp = await context.newCDPSession(page)
  await rotate(page, WARM_UP)
  const before = await inventory(page, cdp)
  const from = rotations(proxy)
  await rotate(page, ROUNDS)
  const after = await inventory(page, cdp)
  assert.equal(rotations(proxy) - from, ROUNDS)
  assert.ok(refreshes(proxy).every(({ status }) => status === 200))
  assert.equal((await state(page)).generation, 1 + WARM_UP + ROUNDS)
  for (const [name, count] of Object.entries(after)) {
    // One or two may be under way at any moment.
    if (name !== 'kilobytes') assert.ok(count <= before[name] + 2, `${name}: ${before[name]} before, ${count} after`)
  }
  // Less than a record each: they are of some 1,500 characters.
  assert.ok(after.kilobytes - before.kilobytes < 100, `${after.kilobytes - before.kilobytes} KB more`)
  figure(`${ROUNDS} rotations: ${Object.entries(after).map(([name, count]) => `${name} ${before[name]} → ${count}`).join(', ')}`)
}

const rotate = (page, rounds) => page.evaluate(async (rounds) => {
  for (let round = 0; round < rounds; round++) {
    await window.auth.getAccessToken({ minValiditySeconds: 100_000 })
    // What this page writes down for the tests is not the client's.
    window.states.length = window.told.length = 0
  }
}, rounds)

async function inventory(page, cdp) {
  await pause(TIME_LIMIT)
  await cdp.send('HeapProfiler.collectGarbage')
  await cdp.send('HeapProfiler.collectGarbage')
  const { usedSize } = await cdp.send('Runtime.getHeapUsage')
  const counts = { kilobytes: Math.round(usedSize / 1000) }
  for (const kind of KINDS) {
    const { result } = await cdp.send('Runtime.evaluate', { expression: `globalThis.${kind}?.prototype`, objectGroup: 'count' })
    if (!result.objectId) continue
    const { objects } = await cdp.send('Runtime.queryObjects', { prototypeObjectId: result.objectId, objectGroup: 'count' })
    const { result: length } = await cdp.send('Runtime.callFunctionOn', {
      objectId: objects.objectId, functionDeclaration: 'function () { return this.length }', returnByValue: true,
    })
    counts[kind] = length.value
  }
  await cdp.send('Runtime.releaseObjectGroup', { objectGroup: 'count' })
  return { ...counts, ...(await page.evaluate(() => window.counted())) }
}

/** Before the page's own script. Listeners of a signal that is collected go with it; those of page and window stay. */
function countTimersAndListeners() {
  const timers = new Set()
  const { setTimeout: set, clearTimeout: clear } = window
  window.setTimeout = (run, ...rest) => {
    const timer = set((...given) => {
      timers.delete(timer)
      run(...given)
    }, ...rest)
    timers.add(timer)
    return timer
  }
  window.clearTimeout = (timer) => {
    timers.delete(timer)
    clear(timer)
  }
  let listeners = 0
  for (const target of [window, document]) {
    for (const [name, step] of [['addEventListener', 1], ['removeEventListener', -1]]) {
      const original = EventTarget.prototype[name]
      Object.defineProperty(target, name, { value: function (...given) {
        listeners += step
        return original.apply(this, given)
      } })
    }
  }
  window.counted = () => ({ timers: timers.size, listeners })
}
