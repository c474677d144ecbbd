// Five tabs of one browser, closed and reloaded at random, on a network that loses answers.

import assert from 'node:assert/strict'
import { atRandom, lost, mulberry32, split } from './faults.mjs'
import { REFRESH, call, pause, ready, refreshes, rotations, state, tabsOf, until } from './world.mjs'

const TABS = 5

export async function T05_fiveTabsThatComeAndGoStaySignedIn({ site, long, figure }) {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  const seconds = long ? 300 : 60
  // Between two tabs that are closed or reloaded. In a short run, a few that go in the middle of a refresh would
  // decide about the figure.
  const churnMs = long ? 350 : 1000
  const it = await site('short')
  const signOuts = []
  await it.context.exposeFunction('noteSignOut', (reason) => signOuts.push(reason))
  const { tabs, proxy } = await tabsOf(it, TABS)
  signOuts.length = 0
  const [{ session }, from] = [await state(tabs[0]), proxy.seen.length]
  const random = mulberry32(seed)
  proxy.chance = atRandom(seed, REFRESH, [[6, lost], [6, split]])
  const counts = { calls: 0, failed: 0, closed: 0, reloaded: 0, wrong: [] }

  const end = Date.now() + seconds * 1000
  const work = tabs.map((_, index) => useTab(tabs, index, () => Date.now() < end, counts, random))
  while (Date.now() < end) {
    await pause(churnMs)
    await churn(it, tabs, Math.floor(random() * TABS), random() < 0.5, counts)
  }
  await Promise.all(work)
  proxy.heal()

  await until('the last answer', () => refreshes(proxy).every(({ unheard }) => unheard !== undefined))

  const all = refreshes(proxy, from)
  const turns = rotations(proxy)
  const by = (what) => all.filter(what).length
  figure(`seed ${seed}, ${seconds} s: ${counts.calls} calls (${counts.failed} cut off by a reload), ` +
    `${counts.closed} tabs closed, ${counts.reloaded} reloaded`)
  figure(`${turns} rotations, ${all.length} refresh calls (x ${(all.length / turns).toFixed(2)}), ${signOuts.length} sign-outs`)
  figure(`${by(({ fault }) => fault === 'lost')} lost, ${by(({ fault }) => fault === 'split')} split, ` +
    `${by(({ unheard, fault }) => unheard && !fault)} by tabs that were gone, ${by(({ status }) => status === 503)} answered 503`)
  assert.deepEqual(signOuts, [])
  assert.deepEqual(counts.wrong, [])
  for (const tab of tabs) {
    await ready(tab)
    assert.equal((await call(tab)).status, 200)
    assert.equal((await state(tab)).session.id, session.id)
  }
  assert.ok(turns >= seconds / 4, `only ${turns} rotations`)
  assert.ok(by(({ fault }) => fault) > 0, 'nothing was lost')
  assert.ok(all.length <= 1.3 * turns, `${all.length} refresh calls for ${turns} rotations`)
  assert.ok(all.every(({ status }) => status !== 401), 'a refresh was refused')
}

/** A tab in use: whatever answers has to be an answer, as long as the tab is there to hear it. */
async function useTab(tabs, index, goesOn, counts, random) {
  while (goesOn()) {
    await pause(100 + random() * 400)
    const tab = tabs[index]
    const answer = await call(tab).catch(() => null)
    counts.calls += 1
    if (answer?.status === 200) continue
    // Closed or reloaded under the call, whose outcome nobody hears then.
    if (answer === null || /abort|network|fetch/i.test(answer.error)) counts.failed += 1
    else counts.wrong.push(answer)
  }
}

async function churn({ context, origin }, tabs, index, isClosed, counts) {
  const tab = tabs[index]
  counts[isClosed ? 'closed' : 'reloaded'] += 1
  if (!isClosed) return tab.reload({ waitUntil: 'commit' }).catch(() => {})
  const next = await context.newPage()
  tabs[index] = next
  await tab.close()
  await next.goto(`${origin}/dual`, { waitUntil: 'commit' })
}
