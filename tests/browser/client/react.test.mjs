// React in StrictMode, as a development build: what people get to see, and that things happen once.

import assert from 'node:assert/strict'
import { late, unavailable } from './faults.mjs'
import { blank } from './raw.mjs'
import { pause, until } from './world.mjs'

const TOKEN_PATH = '/iam/oauth/token'
const SESSION = '/react?mode=session'
const shown = (page) => page.evaluate(() => window.shown)
const inside = ({ email }) => `mail of ${email} files of ${email}`

export async function T23_strictModeAsksAndSendsToTheLoginOnce({ site }) {
  const it = await site('calm')
  const { page, logins } = await guarded(it, `${SESSION}&login=/login`)
  await page.waitForURL('**/login?*')
  assert.equal(it.proxy.requests(TOKEN_PATH).length, 1, 'boot requests')
  await pause(1000)
  assert.deepEqual(logins, [`/login?returnTo=${encodeURIComponent(`${SESSION}&login=/login`)}`])

  const account = await loggedIn(it)
  const from = it.proxy.seen.length
  await page.goto(it.origin + SESSION)
  await page.getByText(`files of ${account.email}`).waitFor()
  assert.equal(it.proxy.requests(TOKEN_PATH, from).length, 1, 'boot requests')
  assert.equal(it.proxy.requests('/api/auth/me', from).length, 1)
}

export async function T23_strictModeInTheDualFlowAsksNobody({ site }) {
  const it = await site('calm')
  const signed = await it.signedIn('/dual')
  const from = it.proxy.seen.length
  const { page } = await guarded(it, '/react?mode=dual')
  await page.getByText(`files of ${signed.account.email}`).waitFor()
  assert.deepEqual(it.proxy.seen.slice(from), [], 'a live token was renewed')
  await signed.evaluate(() => window.auth.signOut())
  await page.waitForFunction(() => window.asked.length > 0)
  await pause(500)
  assert.deepEqual(await page.evaluate(() => window.asked), [{ returnTo: '/react?mode=dual', reason: 'signed_out' }])
}

export async function T24_aQuickAnswerNeedsNoSplash({ site }) {
  const it = await site('calm')
  const account = await loggedIn(it)
  const { page } = await guarded(it, SESSION)
  await page.getByText(`files of ${account.email}`).waitFor()
  // A machine that is slower than the 300 ms shows one, and that is right as well.
  const texts = (await shown(page)).filter(Boolean)
  assert.equal(texts.at(-1), inside(account))
  assert.ok(texts.every((text) => text === inside(account) || /^Loading… ?(Loading…)?$/.test(text)), `${texts}`)
}

export async function T24_aSlowAnswerHasASplash({ site }) {
  const it = await site('calm')
  const account = await loggedIn(it)
  it.proxy.fault(TOKEN_PATH, late(3000), 1)
  const { page, logins } = await guarded(it, SESSION)
  await page.getByText('Loading…').first().waitFor()
  assert.equal(await page.getByRole('status').count(), 2)
  await page.getByText(`files of ${account.email}`).waitFor()
  const views = (await shown(page)).filter(Boolean)
  assert.equal(views.at(-1), inside(account))
  // The two splashes have clocks of their own: one may be drawn before the other.
  assert.deepEqual([...new Set(views.slice(0, -1).join(' ').split(' '))], ['Loading…'])
  assert.deepEqual(logins, [])
}

export async function T24_aFaultOfTheServiceNeverSendsToTheLogin({ site }) {
  const it = await site('calm')
  const account = await loggedIn(it)
  it.proxy.fault(TOKEN_PATH, unavailable)
  const { page, logins } = await guarded(it, `${SESSION}&login=/login`)
  const again = page.getByRole('button', { name: 'Try now' }).first()
  await again.waitFor()
  assert.match(await page.getByRole('timer').first().innerText(), /^Next try in \d+ s$/)
  assert.equal(it.proxy.requests(TOKEN_PATH).length, 4)
  await again.click()
  await until('another try', () => it.proxy.requests(TOKEN_PATH).length > 4)
  await pause(500)
  assert.deepEqual(logins, [])
  it.proxy.heal()
  await page.getByText(`files of ${account.email}`).waitFor()
  assert.deepEqual(await page.evaluate(() => window.asked), [])
}

export async function T25_aLoginThatGoesInCirclesIsStopped({ site }) {
  const it = await site('calm')
  const { page, logins } = await guarded(it, `${SESSION}&login=/bounce`)
  const alert = page.getByRole('alert').first()
  await alert.waitFor()
  assert.match(await alert.innerText(), /cookies/i)
  const seen = logins.length
  assert.equal(seen, 2, 'sent to the login')
  await pause(2000)
  assert.equal(logins.length, seen, 'the circle goes on')
  await alert.getByRole('button').click()
  await until('another login', () => logins.length > seen)
}

/** A guarded page, and the addresses of the logins it goes to. */
async function guarded(it, path) {
  const page = await it.context.newPage()
  const logins = []
  page.on('request', (request) => {
    const { pathname, search } = new URL(request.url())
    if (request.isNavigationRequest() && ['/login', '/bounce'].includes(pathname)) logins.push(pathname + search)
  })
  await page.goto(it.origin + path, { waitUntil: 'commit' })
  return { page, logins }
}

async function loggedIn(it) {
  const account = await it.account()
  const page = await blank(it)
  const status = await page.evaluate(async (account) => {
    const headers = { 'Content-Type': 'application/json' }
    return (await fetch('/iam/passwordlogin', { method: 'POST', headers, body: JSON.stringify(account) })).status
  }, account)
  assert.equal(status, 204)
  await page.close()
  return account
}
