// Stolen goods in another browser, a real one: what malware copies, put into a fresh profile. And other stories that
// are not one attack of the lab's.

import assert from 'node:assert/strict'
import { newAccount } from '../spa/person.mjs'
import { createVictim, record, signIn, signUp } from './victim.mjs'

const who = (app) => app.getByRole('heading', { name: /Hello|Sign in/ }).innerText()

/** A browser with the app at `flow`, and the given loot in it. */
async function thief({ lab, browser }, flow, { cookies = [], half = null, account = null }) {
  const context = await browser.newContext()
  context.setDefaultTimeout(20_000)
  const app = await context.newPage()
  await app.goto(`${lab.app}/?flow=${flow}`)
  if (account) await signUp(app, account)
  await app.evaluate((half) => new Promise((done, fail) => {
    const opening = indexedDB.open('tandem', 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore('half')
    opening.onerror = fail
    opening.onsuccess = () => {
      const step = opening.result.transaction('half', 'readwrite')
      step.objectStore('half').put(half, 0)
      step.oncomplete = () => { opening.result.close(); done() }
    }
  }), half)
  await context.addCookies(cookies)
  await app.reload()
  await app.getByRole('heading', { name: /Hello|Sign in/ }).waitFor()
  return { app, context }
}

/** Half of nothing: in an empty browser, and beside the cookies of an account of the thief's own. */
export async function storageInAnotherBrowser({ lab, browser }) {
  const victim = await createVictim({ lab, browser, flow: 'dual', place: lab.foreign })
  const before = await victim.session()
  for (const account of [null, newAccount()]) {
    const { app, context } = await thief({ lab, browser }, 'dual', { half: await record(victim.app), account })
    // What a client shows at once, it keeps from the last time; what the service is asked for, it does not get.
    await app.getByRole('heading', { name: 'Sign in' }).waitFor({ timeout: 30_000 })
    assert.equal(await app.getByText(victim.account.email).count(), 0)
    await context.close()
  }
  assert.deepEqual(await victim.session(), before)
  await victim.leave()
}

/** Documented: malware with both stores is the owner, until it falls behind. */
export async function fullCopyInAnotherBrowser({ lab, browser }) {
  const victim = await createVictim({ lab, browser, flow: 'dual', place: lab.foreign })
  const loot = { half: await record(victim.app), cookies: await victim.context.cookies(lab.api) }
  const all = [...loot.cookies, ...(await victim.context.cookies(`${lab.api}/api/auth/refresh`))]
  const { app, context } = await thief({ lab, browser }, 'dual', { ...loot, cookies: all })
  await app.getByRole('heading', { name: 'Hello' }).waitFor()
  await app.getByText(victim.account.email).first().waitFor()
  await context.close()
  await victim.leave()
}

/** Documented: in the session flow the jar is the session, until the owner ends it. */
export async function jarInAnotherBrowser({ lab, browser }) {
  const victim = await createVictim({ lab, browser, flow: 'session', place: lab.foreign })
  const { app, context } = await thief({ lab, browser }, 'session', { cookies: await victim.context.cookies(lab.api) })
  assert.match(await who(app), /Hello/)
  await app.getByText(victim.account.email).first().waitFor()
  assert.equal(await victim.sessions(), 1)
  await victim.app.getByRole('button', { name: 'Sign out', exact: true }).click()
  await victim.app.getByRole('heading', { name: 'Sign in' }).waitFor()
  await app.reload()
  await app.getByRole('heading', { name: 'Sign in' }).waitFor()
  await context.close()
  await victim.leave()
}

/** One click, as most people will do it. */
export async function runAll({ lab, browser }) {
  const victim = await createVictim({ lab, browser, flow: 'dual', place: lab.foreign })
  await victim.page.getByRole('button', { name: 'Run all attacks' }).click()
  await victim.page.locator('#all[aria-disabled=false]').waitFor({ timeout: 240_000 })
  const summary = await victim.page.locator('#summary').innerText()
  assert.equal(summary, '10 stopped, 2 not stopped (documented), 0 not as documented.')
  await victim.leave()
}

/** A sign-in goes to no address that an address names. */
export async function noOpenRedirect({ lab, browser }) {
  const account = newAccount()
  const first = await thief({ lab, browser }, 'dual', { account })
  await first.context.close()
  const elsewhere = ['//evil.localhost/', 'https://evil.localhost/', '/\\evil.localhost', 'javascript:window.caught=1']
  for (const address of elsewhere) {
    const context = await browser.newContext()
    const app = await context.newPage()
    await app.goto(`${lab.app}/sessions?returnTo=${encodeURIComponent(address)}&next=${encodeURIComponent(address)}`)
    await app.getByRole('heading', { name: 'Sign in' }).waitFor()
    await app.getByLabel('E-mail address').fill(account.email)
    await app.getByRole('textbox', { name: 'Password' }).fill(account.password)
    await app.keyboard.press('Enter')
    await app.getByRole('heading', { name: 'Sign in' }).waitFor({ state: 'detached' })
    await app.getByRole('main').waitFor()
    assert.deepEqual(await app.evaluate(() => [location.origin, window.caught]), [lab.app, undefined])
    await context.close()
  }
}
