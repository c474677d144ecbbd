// Does what a reader of the API's documentation does, in a real browser: logs in on the Swagger UI page,
// then calls an operation that needs both halves, with nothing to copy in between. And looks whether the
// page keeps what it must: no half of a credential where a script can find it later, nothing loaded
// from elsewhere.
//
//   node tests/browser/swagger.mjs [PROGRAM]     default: target/debug/tandem

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { launchChromium } from './chromium.mjs'
import { startTandem } from './server.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const program = resolve(process.argv[2] ?? `${root}/target/debug/tandem`)
const screenshot = `${root}/tests/.cache/swagger.png`
const account = { email: `${randomUUID()}@example.com`, password: 'a long enough passphrase' }

let server
let browser
let page
let complaints = async () => []
try {
  server = await startTandem(program)
  await register(server.url)
  browser = await launchChromium()
  const context = await browser.newContext()
  page = await context.newPage()
  page.setDefaultTimeout(20_000)
  complaints = await collectComplaints(page, server.url)

  await page.goto(`${server.url}/docs`)
  const login = await execute(page, 'login', account)
  const me = await execute(page, 'me')
  assert.equal(me.json.user.email, account.email)
  assert.ok(me.shown.includes(account.email), `the page does not show the answer of "me":\n${me.shown}`)
  const refresh = await execute(page, 'refresh', { refresh_token: login.json.refresh_token })
  // The page has taken the new body half over as well.
  await execute(page, 'listSessions')

  await noScriptCanReadIt(page, [login.json, refresh.json])
  await bothCookiesAreThere(context)
  assert.deepEqual(await complaints(), [])
  // For the picture.
  await operation(page, 'me').locator('.live-responses-table').scrollIntoViewIfNeeded()
  console.log('Swagger UI: login, me, refresh and listSessions in one go')
} catch (error) {
  console.error(`Swagger UI: ${error.stack}`)
  for (const line of await complaints().catch(() => [])) console.error(line)
  if (server) console.error(`\nthe end of the server's log:\n${server.log().split('\n').slice(-20).join('\n')}`)
  process.exitCode = 1
} finally {
  mkdirSync(`${root}/tests/.cache`, { recursive: true })
  await page?.screenshot({ path: screenshot }).then(
    () => console.log(`screenshot: ${screenshot}`),
    (error) => console.error(`no screenshot: ${error.message}`),
  )
  await browser?.close()
  await server?.stop()
}

async function register(url) {
  const answer = await fetch(`${url}/api/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(account),
  })
  assert.equal(answer.status, 202, `register: ${await answer.text()}`)
}

function operation(page, operationId) {
  return page.locator(`.opblock[id^="operations-"][id$="-${operationId}"]`)
}

/** Runs one operation through the page as a person does. The answer as parsed, and as the page shows it. */
async function execute(page, operationId, body) {
  const block = operation(page, operationId)
  await block.locator('.opblock-summary-control').click()
  await block.getByRole('button', { name: 'Try it out' }).click()
  if (body) await block.locator('textarea.body-param__text').fill(JSON.stringify(body))
  const answered = page.waitForResponse((answer) => answer.request().resourceType() === 'fetch')
  await block.locator('button.execute').click()
  const answer = await answered
  const live = block.locator('.live-responses-table')
  const status = (await live.locator('tbody .response-col_status').first().innerText()).trim()
  const shown = await live.locator('tbody .response-col_description').first().innerText()
  assert.equal(answer.status(), 200, `${operationId} answered ${answer.status()}:\n${shown}`)
  assert.match(status, /^200\b/, `the page shows another status for "${operationId}"`)
  return { json: await answer.json(), shown }
}

/** Everything that a page must not do, noted from now on; the returned function tells. */
async function collectComplaints(page, url) {
  const found = []
  const origin = new URL(url).origin
  page.on('request', (request) => {
    const target = new URL(request.url())
    if (/^https?:|^wss?:/.test(target.protocol) && target.origin !== origin) {
      found.push(`request to another origin: ${target}`)
    }
  })
  page.on('pageerror', (error) => found.push(`uncaught: ${error.message}`))
  page.on('console', (message) => {
    // Chromium asks every site for this one; whether there is one is no matter of the page's.
    const asked = message.location().url
    if (message.type() === 'error' && !asked.endsWith('/favicon.ico')) {
      found.push(`console: ${message.text()} (${asked})`)
    }
  })
  await page.addInitScript(() => {
    window.violations = []
    document.addEventListener('securitypolicyviolation', (event) => {
      window.violations.push(`content security policy: ${event.violatedDirective} ${event.blockedURI}`)
    })
  })
  return async () => [...found, ...(await page.evaluate(() => window.violations))]
}

async function noScriptCanReadIt(page, answers) {
  assert.equal(await page.evaluate(() => document.cookie), '', 'a cookie is readable by script')
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))
  for (const secret of answers.flatMap((answer) => [answer.access_token, answer.refresh_token])) {
    assert.ok(secret, 'the answer lacks a token')
    assert.ok(!stored.includes(secret), 'the page left a token in web storage')
  }
  assert.doesNotMatch(stored, /eyJ|tdm_rt/, 'the page left something like a token in web storage')
}

async function bothCookiesAreThere(context) {
  const cookies = await context.cookies([`${server.url}/api/auth/refresh`])
  const seen = cookies.map(({ name, path, httpOnly, sameSite }) => ({ name, path, httpOnly, sameSite }))
  seen.sort((a, b) => (a.name < b.name ? -1 : 1))
  assert.deepEqual(seen, [
    { name: 'tandem-access', path: '/', httpOnly: true, sameSite: 'Strict' },
    { name: 'tandem-refresh', path: '/api/auth/refresh', httpOnly: true, sameSite: 'Strict' },
  ])
}
