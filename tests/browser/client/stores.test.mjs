// Where the body half lies, if not in IndexedDB.

import assert from 'node:assert/strict'
import { TOKEN } from './carried.mjs'
import { call, pause, ready, refreshes, rotations, signIn, state, status, tabsOf, told } from './world.mjs'

/**
 * Tabs in renderers of their own may read in localStorage what another has just replaced, lock or not. The
 * service makes up for it.
 */
export async function T31_tabsShareLocalStorage({ site, figure }) {
  const { tabs, proxy } = await tabsOf(await site('short'), 4, '/dual?store=local')
  for (const end = Date.now() + 20_000; Date.now() < end; await pause(100 + Math.random() * 300)) {
    const answers = await Promise.all(tabs.map((tab) => call(tab)))
    assert.deepEqual(answers.map((answer) => answer.status), Array(4).fill(200))
  }
  figure(`${refreshes(proxy).length} refresh calls, ${rotations(proxy)} rotations in 20 s`)
  assert.ok(refreshes(proxy).every((entry) => entry.status !== 401))
  const [first, ...others] = tabs
  assert.deepEqual(await first.evaluate(() => indexedDB.databases()), [])
  await first.evaluate(() => window.auth.signOut())
  for (const tab of others) await status(tab, 'unauthenticated')
  assert.doesNotMatch(await first.evaluate(() => JSON.stringify({ ...localStorage })), TOKEN)
}

/** It outlives a reload; another tab has to sign in, and then there is one session again: its own. */
export async function T31_aStoreOfOneTabIsNotSharedWithAnother({ site }) {
  const it = await site('calm')
  const one = await it.signedIn('/dual?store=tab')
  await one.reload()
  await ready(one)
  assert.equal((await state(one)).user.email, one.account.email)
  assert.equal((await call(one)).status, 200)

  const other = await it.open('/dual?store=tab')
  assert.deepEqual(await state(other), { status: 'unauthenticated', reason: null })
  await signIn(other, one.account)
  await status(one, 'unauthenticated')
  assert.equal((await state(one)).reason, 'replaced')
  assert.deepEqual((await told(one, 'signedOut')).map(({ reason }) => reason), ['replaced'])
  assert.deepEqual(await call(one), { error: 'signed_out' })
  assert.equal((await call(other)).status, 200)
}

export async function T31_whatIsInMemoryEndsWithThePage({ site }) {
  const it = await site('short')
  const page = await it.signedIn('/dual?store=memory')
  for (let times = 0; times < 6; times++) {
    assert.equal((await call(page)).status, 200)
    await pause(800)
  }
  assert.ok(rotations(it.proxy) >= 2)
  const kept = await page.evaluate(async () => [{ ...localStorage }, { ...sessionStorage }, await indexedDB.databases()])
  assert.deepEqual(kept, [{}, {}, []])
  await page.reload()
  await ready(page)
  assert.deepEqual(await state(page), { status: 'unauthenticated', reason: null })
}
