// Hosts: one origin over https, sibling hosts, and the pages of others.

import assert from 'node:assert/strict'
import { attack } from '../attacker.mjs'
import { expired } from './faults.mjs'
import { jar } from './raw.mjs'
import { call, ready, signIn, state, told } from './world.mjs'

/** Attributes as the browser has stored them, set by a page of the same host and by one of a sibling. */
export async function T01_cookiesOverHttpsHaveTheirPrefixes({ secure }) {
  const site = await secure()
  const all = { domain: 'api.tandem.test', httpOnly: true, secure: true, sameSite: 'Strict' }
  for (const at of [`${site.hosts.api}/dual`, site.hosts.ui + site.ui]) {
    const account = await site.account()
    const page = await openAt(site, at)
    await signIn(page, account)
    const cookies = await site.context.cookies()
    const seen = cookies.map(({ name, domain, path, httpOnly, secure, sameSite }) =>
      ({ name, path, domain, httpOnly, secure, sameSite }))
    seen.sort((a, b) => (a.name < b.name ? -1 : 1))
    assert.deepEqual(seen, [
      { name: '__Host-tandem-access', path: '/', ...all },
      { name: '__Secure-tandem-refresh', path: '/api/auth/refresh', ...all },
    ], at)
    assert.ok(cookies.every((cookie) => cookie.expires > Date.now() / 1000 + 86_400), 'a cookie goes too soon')
    assert.equal(await page.evaluate(() => document.cookie), '')
    await page.evaluate(() => window.auth.signOut())
    assert.deepEqual(await site.context.cookies(), [])
  }
}

export async function T01_aPageOnASiblingHostWorks({ secure }) {
  const site = await secure()
  const page = await openAt(site, site.hosts.ui + site.ui)
  await signIn(page, await site.account())
  assert.equal((await call(page, '/api/auth/me')).status, 200)
  const token = await page.evaluate(() => window.auth.getAccessToken({ minValiditySeconds: 100_000 }))
  assert.ok(token)
  await page.reload()
  await ready(page)
  assert.equal((await state(page)).status, 'authenticated')
  assert.equal((await call(page, '/api/auth/me')).status, 200)
  assert.deepEqual(site.proxy.seen.filter(({ method, status }) => method !== 'OPTIONS' && status >= 400), [])
}

/** A stream can be read once. Chromium sends one over HTTP/2 only. */
export async function T27_aStreamIsNotSentTwice({ secure }) {
  const site = await secure()
  const page = await openAt(site, `${site.hosts.api}/dual`)
  await signIn(page, await site.account())
  const sendStream = () => page.evaluate(() =>
    window.call('/app/echo', { method: 'POST', duplex: 'half', body: new Blob(['exactly this']).stream() }))
  const { status, text } = await sendStream()
  assert.deepEqual([status, JSON.parse(text).body], [200, 'exactly this'])
  const from = site.proxy.seen.length
  site.proxy.fault('/app/echo', expired, 1)
  assert.equal((await sendStream()).status, 401)
  assert.equal(site.proxy.requests('/app/echo', from).length, 1)
  // The refusal is looked into all the same, so that the next one is sent with a good token.
  assert.equal((await sendStream()).status, 200)
}

/** Strict cookies do not come with the document, and come with what its script asks for. */
export async function T28_aLinkFromAnotherSiteFindsThemSignedIn({ secure }) {
  const site = await secure()
  const first = await openAt(site, `${site.hosts.api}/dual`)
  await signIn(first, await site.account())
  const page = await site.context.newPage()
  await page.goto(site.hosts.evil)
  await page.evaluate((href) => {
    document.body.append(Object.assign(document.createElement('a'), { href, textContent: 'there' }))
  }, `${site.hosts.api}/dual`)
  await Promise.all([page.waitForURL('**/dual'), page.click('a')])
  await ready(page)
  assert.equal((await state(page)).status, 'authenticated')
  assert.equal((await call(page, '/api/auth/me')).status, 200)
  assert.equal((await state(first)).status, 'authenticated')
}

export async function T29_pagesOfOthersAreRefused({ secure, figure }) {
  const site = await secure()
  const { proxy, context, hosts } = site
  const page = await openAt(site, `${hosts.api}/dual`)
  const account = await site.account()
  await signIn(page, account)
  const before = JSON.stringify(await jar(context))
  const paths = [
    '/api/auth/refresh', '/api/auth/logout', '/api/auth/logout-all', '/api/auth/login', '/api/auth/password',
    '/api/auth/sessions', '/api/auth/register', '/iam/passwordlogin', '/iam/oauth/token', '/iam/logout',
  ]
  const targets = paths.map((path) => hosts.api + path)
  for (const [origin, isSibling] of [[hosts.evil, false], [hosts.sibling, true]]) {
    const begin = proxy.seen.length
    assert.deepEqual(await attack(context, origin, targets, account), [], `${origin} can read an answer`)
    const tries = proxy.seen.slice(begin).filter((seen) => seen.origin === origin)
    for (const path of paths) {
      const mine = tries.filter((seen) => seen.path === path)
      assert.ok(mine.filter(({ method }) => method === 'POST').length >= 4, `${path} was not reached`)
      for (const { method, status, setCookies, cookieHalf } of mine) {
        assert.deepEqual([origin, path, method, status, setCookies], [origin, path, method, 403, []])
        // From a foreign site the browser keeps them. From a sibling they come, and the origin decides.
        if (method !== 'OPTIONS') assert.equal(cookieHalf !== null, isSibling, `${origin} ${path}: the cookie half`)
      }
    }
    figure(`${origin.replace(/:\d+$/, '')}: ${tries.length} requests, all 403`)
  }
  assert.equal(JSON.stringify(await jar(context)), before, 'the jar has changed')
  assert.equal((await call(page, '/api/auth/me')).status, 200)
  const { text } = await call(page, '/api/auth/sessions')
  assert.equal(JSON.parse(text).sessions.length, 1)
  assert.deepEqual(await told(page, 'signedOut'), [])
}

/** The token goes to the page's own origin and to the service, and nowhere else. */
export async function T30_anotherOriginGetsNoToken({ secure }) {
  const site = await secure()
  const page = await openAt(site, `${site.hosts.api}/dual`)
  await signIn(page, await site.account())
  const headers = []
  await site.context.route(/other\.tandem\.test|evil\.test/, async (route) => {
    headers.push(await route.request().allHeaders())
    await route.fulfill({ status: 200, body: 'ok', headers: { 'access-control-allow-origin': '*' } })
  })
  for (const origin of [site.hosts.sibling, site.hosts.evil, site.hosts.api.replace('https:', 'http:').replace('api.', 'evil.')]) {
    await call(page, `${origin}/anything`)
  }
  await call(page, site.hosts.evil.replace('https:', '') + '/protocol-relative')
  assert.ok(headers.length >= 3, `${headers.length} requests have left`)
  assert.ok(headers.every((each) => !('authorization' in each) && !('cookie' in each)))
  assert.equal((await call(page, '/api/auth/me')).status, 200)
}

/** Whoever could write a `<base>` into the page would have the password and both tokens otherwise. */
export async function T30_theBaseOfTheDocumentIsNotAsked({ secure }) {
  const site = await secure()
  const { hosts, proxy, context } = site
  const page = await openAt(site, `${hosts.api}/dual`)
  const astray = []
  await context.route(/evil\.test/, (route) => {
    astray.push(route.request().url())
    return route.fulfill({ status: 200, body: '{}', headers: { 'access-control-allow-origin': '*' } })
  })
  await page.evaluate((href) => document.head.append(Object.assign(document.createElement('base'), { href })), hosts.evil)
  assert.equal(await page.evaluate(() => new URL(document.baseURI).hostname), 'evil.test')
  await signIn(page, await site.account())
  assert.ok(await page.evaluate(() => window.auth.getAccessToken({ minValiditySeconds: 100_000 })))
  assert.equal(await page.evaluate(() => window.auth.signOut()), true)
  for (const path of ['login', 'refresh', 'logout']) assert.ok(proxy.requests(`/api/auth/${path}`).length > 0, path)
  assert.deepEqual(astray, [])
}

async function openAt(site, address) {
  const page = await site.context.newPage()
  await page.goto(address)
  await ready(page)
  return page
}
