// Every screen of the app, gone through by keyboard.

import assert from 'node:assert/strict'
import { DEVICES, fillIn, otherDevice, press } from './person.mjs'

const heading = (page, name) => page.getByRole('heading', { level: 1, name })
const focused = (page) => page.evaluate(() => document.activeElement?.textContent || document.activeElement?.getAttribute('name'))
const status = (page, text) => page.getByRole('status').filter({ hasText: text })

export async function skipLink(page) {
  await press(page, page.getByRole('link', { name: 'Skip to the content' }))
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main')
}

export async function signUp(page, account, look) {
  await press(page, page.getByRole('link', { name: 'Make an account' }))
  await heading(page, 'Make an account').waitFor()
  assert.equal(await focused(page), 'Make an account', 'the focus does not follow the view')
  await fillIn(page, { 'E-mail address': 'nonsense', Password: 'short' })
  const invalid = page.locator('input[aria-invalid=true]')
  await invalid.first().waitFor()
  assert.equal(await invalid.count(), 2)
  assert.equal(await focused(page), 'email', 'the focus is not at the first field to be changed')
  const about = await invalid.last().evaluate((input) =>
    input.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).textContent).join(' '))
  assert.match(about, /at least 15 characters/)
  await look('sign-up-refused')
  await fillIn(page, { 'E-mail address': account.email, Password: account.password })
  await heading(page, 'Hello').waitFor()
  await status(page, 'Your account has been made').waitFor()
  assert.match(await focused(page), /^Hello/)
}

export async function profile(page, account, look) {
  await heading(page, `Hello, ${account.email.split('@')[0]}`).waitFor()
  const main = await page.getByRole('main').innerText()
  assert.ok(main.includes(account.email))
  assert.match(main, /Roles\s+None/)
  assert.match(main, new RegExp(`Account since\\s+\\w+ \\d+, ${new Date().getFullYear()}`))
  await look('account')
}

export async function sessions(page, service, account, look) {
  const others = {}
  for (const [name, userAgent] of Object.entries(DEVICES)) others[name] = await otherDevice(service, account, userAgent)
  await press(page, page.getByRole('link', { name: 'Sessions' }))
  await page.getByRole('heading', { name: '4 sessions' }).waitFor()
  const items = page.getByRole('list', { name: 'sessions' }).getByRole('listitem')
  const names = (await items.getByRole('heading').allInnerTexts()).map((text) => text.trim()).sort()
  assert.deepEqual(names, ['Chrome on Linux This browser', ...Object.keys(DEVICES)].sort())
  assert.equal(await items.filter({ hasText: 'This browser' }).getByRole('button').count(), 0)
  await look('sessions')

  await press(page, page.getByRole('button', { name: 'End the session of Safari on iPhone' }))
  await page.getByRole('heading', { name: '3 sessions' }).waitFor()
  await status(page, 'The session of Safari on iPhone has ended').waitFor()
  assert.equal(await focused(page), '3 sessions', 'the focus went away with the button')
  assert.equal(await others['Safari on iPhone'].works(), false)
  assert.equal(await others['Firefox on Windows'].works(), true)

  await press(page, page.getByRole('button', { name: 'End all others' }))
  await page.getByRole('heading', { name: 'One session' }).waitFor()
  for (const other of Object.values(others)) assert.equal(await other.works(), false)
}

export async function password(page, service, account, look) {
  const other = await otherDevice(service, account, DEVICES['Firefox on Windows'])
  await press(page, page.getByRole('link', { name: 'Password' }))
  await heading(page, 'Change password').waitFor()
  await fillIn(page, { 'Current password': 'not this one, surely', 'New password': `${account.password}, new` })
  await page.locator('input[name=current_password][aria-invalid=true]').waitFor()
  assert.equal(await focused(page), 'current_password')
  await look('password-refused')
  await fillIn(page, { 'Current password': account.password, 'New password': `${account.password}, new` })
  await status(page, 'Your password has been changed').waitFor()
  account.password += ', new'
  assert.equal(await other.works(), false, 'another session has outlived the change of the password')
  await press(page, page.getByRole('link', { name: 'Account' }))
  await heading(page, 'Hello').waitFor()
}

export async function signIn(page, account, look) {
  await heading(page, 'Sign in').waitFor()
  await fillIn(page, { 'E-mail address': account.email, Password: 'not this one, surely' })
  const alert = page.getByRole('alert').filter({ hasText: 'The e-mail address or the password is wrong' })
  await alert.waitFor()
  assert.match(await focused(page), /is wrong/)
  await look('sign-in-refused')
  await fillIn(page, { 'E-mail address': account.email, Password: account.password })
  await heading(page, 'Hello').waitFor()
}

/** The address stays what it was: nobody is sent anywhere to sign in. */
export async function signInInPlace(page, url, account, look) {
  await press(page, page.getByRole('button', { name: 'Sign out', exact: true }))
  await status(page, 'You are signed out').first().waitFor()
  await page.goto(`${url}/sessions`)
  await fillIn(page, { 'E-mail address': account.email, Password: account.password })
  await heading(page, 'Sessions and devices').waitFor()
  await page.reload()
  await heading(page, 'Sessions and devices').waitFor()
  await press(page, page.getByRole('link', { name: 'Account' }))
  await look('signed-in-again')
}

export async function signOutEverywhere(page, service, account) {
  const other = await otherDevice(service, account, DEVICES['Firefox on Windows'])
  await press(page, page.getByRole('button', { name: 'Sign out everywhere' }))
  await heading(page, 'Sign in').waitFor()
  await status(page, 'You are signed out on all devices').waitFor()
  assert.equal(await other.works(), false)
}

/** No network, as seen by who wants to look at the list, and not for long. */
export async function sessionsOffline(page, context, look) {
  const problem = page.getByRole('alert').filter({ hasText: 'The service cannot be reached' })
  await context.setOffline(true)
  await press(page, page.getByRole('link', { name: 'Sessions' }))
  await problem.waitFor()
  assert.doesNotMatch(await page.getByRole('main').innerText(), /Loading/)
  await look('sessions-unreachable')
  await context.setOffline(false)
  await press(page, page.getByRole('button', { name: 'Try again' }))
  await page.getByRole('heading', { name: 'One session' }).waitFor()
  assert.equal(await focused(page), 'One session', 'the focus went away with the button')
  assert.equal(await problem.count(), 0)
  await press(page, page.getByRole('link', { name: 'Account' }))
}

/** The network goes away for longer than a token lives, and comes back. */
export async function offline(page, context, look) {
  await context.setOffline(true)
  // The client tries again by itself after half a minute; by then the token has expired.
  await page.getByRole('button', { name: 'Try now' }).waitFor({ timeout: 60_000 })
  await heading(page, 'Hello').waitFor()
  await look('unreachable')
  await context.setOffline(false)
  await page.getByRole('button', { name: 'Try now' }).waitFor({ state: 'detached' })
  await heading(page, 'Hello').waitFor()
}
