// The session flow in a real browser, on sibling hosts over https: ui.tandem.test has the page, which is
// the code of docs/session-flow.md; api.tandem.test is the service. A page of a foreign site and one of a
// sibling host that is not listed try what they can.
//
//   node tests/browser/session-flow.mjs [PROGRAM]     default: target/debug/tandem

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { request as forward } from 'node:http'
import { createServer } from 'node:https'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeCertificate } from '../../examples/spa/start/certificate.mjs'
import { attack } from './attacker.mjs'
import { launchChromium, resolving } from './chromium.mjs'
import { startTandem } from './server.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const program = resolve(process.argv[2] ?? `${root}/target/debug/tandem`)
const screenshot = `${root}/tests/.cache/session-flow.png`
const account = { email: `${randomUUID()}@example.com`, password: 'a long enough passphrase' }
// Seconds that a pair lives.
const LIFE = 2
const HOSTS = ['api.tandem.test', 'ui.tandem.test', 'other.tandem.test', 'evil.test']

// The states that the page goes through are written down, so that none goes by unseen.
const UI = `<!doctype html><title>page</title>
<main id="splash">one moment</main>
<form id="login" hidden><input name="email"><input name="password" type="password"><button>Log in</button></form>
<main id="inside" hidden>signed in as <b id="who"></b><button id="again">again</button><button id="out">Log out</button></main>
<script type="module">
import * as session from './session.js'
window.session = session
window.states = ['splash']
const show = (state) => {
  for (const id of ['splash', 'login', 'inside']) document.getElementById(id).hidden = id !== state
  window.states.push(state)
}
async function draw() {
  const me = await session.api('/api/auth/me')
  if (!me) return show('login')
  document.getElementById('who').textContent = (await me.json()).user.email
  show('inside')
}
document.getElementById('login').addEventListener('submit', async (event) => {
  event.preventDefault()
  const { email, password } = Object.fromEntries(new FormData(event.target))
  if (await session.login(email, password)) await draw()
})
document.getElementById('again').addEventListener('click', draw)
document.getElementById('out').addEventListener('click', async () => { await session.logout(); await draw() })
if (await session.signedIn()) await draw()
else show('login')
</script>`

let server
let browser
let front
let page
try {
  front = await startFront()
  const [api, ui, sibling, evil] = HOSTS.map((host) => `https://${host}:${front.port}`)
  server = await startTandem(program, {
    TANDEM_SERVER__PUBLIC_URL: api,
    TANDEM_SERVER__ALLOWED_ORIGINS: ui,
    TANDEM_SESSION_FLOW__ACCESS_TTL: `${LIFE}s`,
    TANDEM_TOKENS__LEEWAY: '0s',
  })
  front.upstream = new URL(server.url)
  await register()
  browser = await launchChromium(['--ignore-certificate-errors', resolving(HOSTS)])
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  page = await context.newPage()
  page.setDefaultTimeout(20_000)

  await aProtectedPageEndsInItsLogin(ui)
  await loginAndReload()
  await nothingIsReadable(context, api, ui)
  await thePairExpires()
  await aCarriedTokenIsHalfOfNothing(api, ui)
  for (const origin of [evil, sibling]) await anotherPageTriesEverything(context, api, origin, origin === sibling)
  await logoutInAnotherTab(context, api, ui)
  console.log('session flow: login, reload, expiry, theft, forgery and logout, on sibling hosts over https')
} catch (error) {
  console.error(`session flow: ${error.stack}`)
  if (server) console.error(`\nthe end of the server's log:\n${server.log().split('\n').slice(-20).join('\n')}`)
  process.exitCode = 1
} finally {
  mkdirSync(`${root}/tests/.cache`, { recursive: true })
  await page?.screenshot({ path: screenshot }).catch((error) => console.error(`no screenshot: ${error.message}`))
  await browser?.close()
  await server?.stop()
  front?.stop()
}

// --- The hosts --------------------------------------------------------------------------------------

/** Ends TLS for all hosts: passes on what is for the service, and answers for the others itself. */
async function startFront() {
  const state = { seen: [], upstream: null }
  const listener = createServer(makeCertificate(HOSTS), (request, response) => {
    if (request.headers.host.startsWith('api.')) passOn(state, request, response)
    else if (request.url === '/session.js') answer(response, 'text/javascript', code(request.headers.host))
    else answer(response, 'text/html; charset=utf-8', request.headers.host.startsWith('ui.') ? UI : '<title>x</title>')
  })
  await new Promise((done) => listener.listen(0, '127.0.0.1', done))
  state.port = listener.address().port
  state.stop = () => { listener.closeAllConnections(); listener.close() }
  return state
}

function answer(response, type, text) {
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(text)
}

function passOn(state, request, response) {
  const { method, url, headers } = request
  const onwards = forward({ host: state.upstream.hostname, port: state.upstream.port, method, path: url, headers })
  onwards.on('response', (theirs) => {
    const { origin, cookie = '' } = headers
    state.seen.push({
      method, path: url, origin, cookie, status: theirs.statusCode, cookies: theirs.headers['set-cookie'] ?? [],
    })
    response.writeHead(theirs.statusCode, theirs.rawHeaders)
    theirs.pipe(response)
  })
  onwards.on('error', () => response.destroy())
  request.pipe(onwards)
}

/** The code that the documentation gives to pages. */
function code(host) {
  const text = readFileSync(`${root}/docs/session-flow.md`, 'utf8')
  const [, block] = /```js\n(\/\/ session\.js\n[\s\S]*?)```/.exec(text)
  const there = 'https://api.example.com'
  assert.ok(block.includes(`'${there}'`), 'the documentation names another host')
  return block.replace(there, `https://${host.replace('ui.', 'api.')}`)
}

async function register() {
  const answer = await fetch(`${server.url}/api/auth/register`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(account),
  })
  assert.equal(answer.status, 202, `register: ${await answer.text()}`)
}

// --- The stories ------------------------------------------------------------------------------------

function states(tab = page) {
  return tab.evaluate(() => window.states)
}

async function aProtectedPageEndsInItsLogin(ui) {
  await page.goto(ui)
  await page.locator('#login').waitFor()
  assert.deepEqual(await states(), ['splash', 'login'])
}

async function loginAndReload() {
  await page.fill('[name=email]', account.email)
  await page.fill('[name=password]', account.password)
  await page.click('#login button')
  await page.locator('#inside').waitFor()
  assert.equal(await page.locator('#who').innerText(), account.email)
  for (let times = 0; times < 2; times++) {
    await page.reload()
    await page.locator('#inside').waitFor()
    assert.deepEqual(await states(), ['splash', 'inside'], 'a reload shows the login')
  }
}

async function nothingIsReadable(context, api, ui) {
  const look = (tab) => tab.evaluate(async () => [
    document.cookie, { ...localStorage }, { ...sessionStorage }, await indexedDB.databases(),
  ])
  const there = await context.newPage()
  await there.goto(`${api}/health/live`)
  for (const tab of [page, there]) {
    assert.deepEqual(await look(tab), ['', {}, {}, []], 'a script can read something')
  }
  await there.close()
  const cookies = await context.cookies()
  const seen = cookies.map(({ name, domain, path, httpOnly, secure, sameSite }) =>
    ({ name, domain, path, httpOnly, secure, sameSite }))
  seen.sort((a, b) => (a.name < b.name ? -1 : 1))
  // Without a dot: of this host alone.
  const all = { domain: 'api.tandem.test', path: '/', httpOnly: true, secure: true, sameSite: 'Strict' }
  assert.deepEqual(seen, [{ name: '__Host-tandem-access', ...all }, { name: '__Host-tandem-session', ...all }])
  assert.ok(cookies.every((cookie) => cookie.expires > Date.now() / 1000 + 86_400), 'a cookie goes too soon')
  assert.deepEqual(await context.cookies(ui), [])
}

/** A call past the page's code: the status, and the code of a refusal. */
function raw(tab, api, path, bearer) {
  return tab.evaluate(async ([url, bearer]) => {
    const headers = bearer ? { Authorization: `Bearer ${bearer}` } : {}
    const answer = await fetch(url, { credentials: 'include', headers })
    return [answer.status, (await answer.json()).code]
  }, [`${api}${path}`, bearer])
}

/** The token that the page has used last. */
async function currentToken() {
  const asked = page.waitForRequest((request) =>
    request.url().endsWith('/api/auth/me') && Boolean(request.headers().authorization))
  await page.click('#again')
  return (await (await asked).allHeaders()).authorization.replace('Bearer ', '')
}

async function thePairExpires() {
  const api = `https://api.tandem.test:${front.port}`
  const token = await currentToken()
  await page.waitForTimeout((LIFE + 1) * 1000)
  assert.deepEqual(await raw(page, api, '/api/auth/me', token), [401, 'access_expired'])
  const before = exchanges()
  const drawn = (await states()).length
  await page.click('#again')
  await page.waitForFunction((drawn) => window.states.length > drawn, drawn)
  assert.equal((await states()).at(-1), 'inside')
  await until('an exchange', () => exchanges() > before)
  assert.notEqual(await currentToken(), token)
}

function exchanges() {
  return front.seen.filter(({ path, status }) => path === '/iam/oauth/token' && status === 200).length
}

async function aCarriedTokenIsHalfOfNothing(api, ui) {
  const token = await currentToken()
  const elsewhere = await browser.newContext({ ignoreHTTPSErrors: true })
  const tab = await elsewhere.newPage()
  await tab.goto(ui)
  assert.deepEqual(await raw(tab, api, '/api/auth/me', token), [401, 'invalid_token'])
  await elsewhere.close()
  const alone = await fetch(`${server.url}/api/auth/me`, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(alone.status, 401)
  // The same token in its own browser, beside its cookie half: as long as it lives it is good.
  const fresh = await currentToken()
  const [status, why] = await raw(page, api, '/api/auth/me', fresh)
  assert.ok(status === 200 || why === 'access_expired', `${status} ${why}`)
}

/** Every operation under /iam, and a few beside it, by form and by fetch. */
async function anotherPageTriesEverything(context, api, origin, isSibling) {
  const jar = JSON.stringify(await context.cookies())
  const targets = ['/iam/passwordlogin', '/iam/oauth/token', '/iam/logout', '/api/auth/logout', '/api/auth/logout-all']
  const begin = front.seen.length
  const readable = await attack(context, origin, targets.map((path) => api + path), account)
  assert.deepEqual(readable, [], `${origin} reads an answer`)
  const mine = () => front.seen.slice(begin).filter((request) => request.origin === origin && request.method === 'POST')
  // Four forms and two fetches without CORS reach each of them; what asks first is not let in.
  await until('all attempts', () => targets.every((path) => mine().filter((seen) => seen.path === path).length >= 6))
  for (const { path, status, cookies, cookie } of mine()) {
    assert.deepEqual([path, status, cookies], [path, 403, []])
    // Not sent along from a foreign site; from a sibling they are, and it is the origin that decides.
    const sent = cookie.includes('__Host-tandem-session=')
    assert.equal(sent, isSibling, `${origin} ${path}: the cookie ${sent ? 'was' : 'was not'} sent`)
  }
  const preflights = front.seen.slice(begin).filter((seen) => seen.method === 'OPTIONS')
  assert.ok(preflights.length > 0 && preflights.every(({ status }) => status === 403))

  const tab = await context.newPage()
  await tab.goto(`${api}/iam/logout`).catch(() => {})
  await tab.close()
  const tried = front.seen.slice(begin).filter((seen) => seen.path.startsWith('/iam/') && seen.origin !== `https://ui.tandem.test:${front.port}`)
  assert.ok(tried.every(({ status, cookies }) => status >= 400 && cookies.length === 0))
  assert.equal(JSON.stringify(await context.cookies()), jar, `${origin} has changed the jar`)
  await page.click('#again')
  const { sessions } = await page.evaluate(async () => (await window.session.api('/api/auth/sessions')).json())
  assert.equal(sessions.length, 1, `${origin} has made or ended a session`)
}

async function logoutInAnotherTab(context, api, ui) {
  const tab = await context.newPage()
  await tab.goto(ui)
  await tab.locator('#inside').waitFor()
  const token = await currentToken()
  await tab.click('#out')
  await tab.locator('#login').waitFor()
  assert.deepEqual(await context.cookies(), [])
  const [status] = await raw(page, api, '/api/auth/me', token)
  assert.equal(status, 401)
  await page.click('#again')
  await page.locator('#login').waitFor()
  assert.equal((await states()).at(-1), 'login')
  await tab.close()
}

async function until(what, isSo) {
  for (let tries = 0; tries < 200; tries++) {
    if (isSo()) return
    await new Promise((done) => setTimeout(done, 50))
  }
  assert.fail(`for ever without ${what}: ${JSON.stringify(front.seen.slice(-20), null, 1)}`)
}
