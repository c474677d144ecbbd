// What is true after an attack, whatever the lab says about it.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

const { paths } = JSON.parse(readFileSync(new URL('../../../openapi/openapi.json', import.meta.url), 'utf8'))
const CHANGING = ['post', 'put', 'patch', 'delete']
const changing = Object.keys(paths).filter((path) => CHANGING.some((method) => method in paths[path]))

/** The same session, the same cookies, no session more or less, and the page shows who is signed in. */
async function unharmed({ victim, before }) {
  assert.deepEqual(await victim.session(), before)
  await victim.app.getByText(victim.account.email).first().waitFor()
}

/** What has come from the attacker's page, as the wire has it. */
function onTheWire({ seen, lab, place }, paths) {
  const mine = seen.filter(({ origin }) => origin === lab[place])
  for (const path of paths) {
    const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`)
    const posts = mine.filter(({ method, path }) => method === 'POST' && pattern.test(path))
    assert.ok(posts.length >= 10, `${path} was attacked ${posts.length} times only`)
    // From a foreign site the browser keeps the cookies at home. From a sibling they come, and the origin decides.
    assert.equal(posts.some(({ cookieHalf }) => cookieHalf), place === 'sibling', `${path}: the cookies`)
  }
  const wrong = mine.filter(({ method, status, setCookies, path }) =>
    setCookies.length > 0 || (status !== 403 && (method !== 'GET' || /login|token|logout/.test(path))))
  assert.deepEqual(wrong, [])
}

async function forged(given) {
  onTheWire(given, changing)
  await unharmed(given)
}

async function loginCsrf(given) {
  await given.victim.refused(0)
  onTheWire(given, ['/api/auth/login', '/iam/passwordlogin'])
  await unharmed(given)
}

/** In the dual flow the planted cookies have gone along with a refresh that worked. */
async function tossing(given) {
  if (given.flow === 'dual') {
    const refreshes = given.seen.filter(({ path, status }) => path === '/api/auth/refresh' && status === 200)
    const along = refreshes.filter(({ refreshCookies }) => refreshCookies > 1)
    assert.ok(along.length > 0, 'no planted cookie has gone along with a refresh')
  }
  await unharmed(given)
}

/** It was the browser that refused, each of them. */
async function framing(given) {
  const { victim, lab } = given
  assert.deepEqual(await victim.refused(3), [
    `net::ERR_BLOCKED_BY_RESPONSE ${lab.api}/docs`,
    `net::ERR_BLOCKED_BY_RESPONSE ${lab.api}/problems/invalid-token`,
    `net::ERR_BLOCKED_BY_RESPONSE ${lab.app}/`,
  ])
  await unharmed(given)
}

async function late(given) {
  // The page finds out by itself.
  await given.victim.app.getByText('Your session was ended').waitFor({ timeout: 30_000 })
  await again(given)
}

async function flood(given) {
  const { victim, flow } = given
  assert.deepEqual((await victim.context.cookies()).filter(({ name }) => name.includes('tandem')), [])
  if (flow === 'session') await victim.app.reload()
  await victim.app.getByRole('heading', { name: 'Sign in' }).waitFor({ timeout: 30_000 })
  await again(given)
}

/** Signing in is all it takes, and is a new session. */
async function again({ victim, before }) {
  await victim.signIn()
  const now = await victim.session()
  assert.notEqual(now.sid, before.sid)
  assert.deepEqual(now.cookies, before.cookies)
}

export const AFTER = { unharmed, forged, 'login-csrf': loginCsrf, tossing, framing, late, flood }
