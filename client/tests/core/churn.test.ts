// Five tabs that are closed and reloaded at random, answers that are lost, split and late: days of it, in virtual
// time. Nobody is ever signed out by that, and hardly a refresh is made that a perfect network would not need.

import { expect, test } from 'vitest'
import { ADA, pass, signedIn, until, useVirtualTime, type Tab } from './browser.js'

useVirtualTime()

const STEPS = process.env.TANDEM_TEST_LONG ? 20_000 : 2_000
const TABS = 5

/** Mulberry32: the same numbers for the same seed. */
function random(seed: number) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

async function churn(seed: number, missing: readonly string[] = []) {
  const next = random(seed)
  const chance = (share: number) => next() < share
  const { server, browser, tab } = await signedIn({}, { latency: () => 20 + next() ** 3 * 1_500 }, missing)
  const tabs: Tab[] = [tab]
  while (tabs.length < TABS) tabs.push(await browser.open())
  server.clearCalls()
  const gone: Tab[] = []
  let faultFor = 0
  const answers: Record<string, number> = {}
  const note = (answer: string | number) => void (answers[answer] = (answers[answer] ?? 0) + 1)

  for (let step = 0; step < STEPS; step++) {
    const refreshes = server.counts.calls.refresh
    // Of the refreshes, 6 in 100 are lost and 6 are split.
    if (refreshes >= faultFor) {
      faultFor = refreshes + 1
      const dice = next()
      if (dice < 0.06) server.loseNextResponse('refresh')
      else if (dice < 0.12) server.splitNextResponse('refresh')
      else if (dice < 0.15) server.delayNext(next() * 9_000, 'refresh')
    }
    const at = Math.floor(next() * TABS)
    if (chance(0.1)) {
      gone.push(tabs[at]!)
      tabs[at]!.close()
      tabs[at] = browser.tab().watch()
    } else if (chance(0.6)) {
      const call = tabs[at]!.auth.fetch('/api/orders')
      void call.then(({ status }) => note(status), ({ code }: { code: string }) => note(code))
    } else if (chance(0.1)) for (const one of tabs) one.show(chance(0.5))
    await pass(next() * (chance(0.5) ? 400 : 40_000))
  }
  for (const one of tabs) one.show(true)
  await pass(60_000)
  const last = await until(Promise.all(tabs.map(({ auth }) => auth.fetch('/api/orders').then(({ status }) => status))))
  const signOuts = [...gone, ...tabs].flatMap(({ told }) => told.filter((event) => event.startsWith('signed')))
  const emails = new Set(tabs.map(({ email }) => email))
  for (const one of tabs) one.close()
  return { counts: server.counts, answers, last, signOuts, emails: [...emails] }
}

test.each([1, 2, 3])('seed %i', async (seed) => {
  const { counts, answers, last, signOuts, emails } = await churn(seed)
  const refreshes = counts.calls.refresh
  console.log(`${refreshes} refreshes, ${counts.rotations} rotations, ${JSON.stringify(answers)}`)
  expect(signOuts).toEqual([])
  expect(last).toEqual(Array(TABS).fill(200))
  expect(emails).toEqual([ADA.email])
  expect(counts).toMatchObject({ reuses: 0, refusals: {} })
  expect(counts.rotations).toBeGreaterThan(STEPS / 40)
  expect(refreshes).toBeLessThanOrEqual(1.3 * counts.rotations)
}, 600_000)

test.each([['locks'], ['BroadcastChannel']])('without %s: more refreshes, nobody signed out', async (missing) => {
  const { counts, last, signOuts } = await churn(4, [missing])
  console.log(`without ${missing}: ${counts.calls.refresh} refreshes, ${counts.rotations} rotations`)
  expect(signOuts).toEqual([])
  expect(last).toEqual(Array(TABS).fill(200))
  expect(counts).toMatchObject({ reuses: 0 })
}, 600_000)
