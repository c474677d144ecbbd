// The example app in a real browser: every screen, by keyboard, in both flows; on one origin from source, and on
// sibling hosts over https as it is built for production, with its Content-Security-Policy. Pictures of all
// screens go to tests/.cache/screenshots.
//
//   node tests/browser/spa.mjs [PROGRAM]     default: target/debug/tandem

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { launchChromium, resolving } from './chromium.mjs'
import { prepare } from '../../examples/spa/start/prepare.mjs'
import { collectComplaints } from './spa/complaints.mjs'
import * as hood from './spa/hood.mjs'
import * as kept from './spa/kept.mjs'
import * as lab from './spa/lab.mjs'
import { looker, noToken } from './spa/looks.mjs'
import { mistyped, oneCommand } from './spa/one-command.mjs'
import { newAccount } from './spa/person.mjs'
import * as screens from './spa/screens.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const screenshots = join(root, 'tests/.cache/screenshots')
const HOSTS = ['ui.tandem.test', 'api.tandem.test', 'evil.test']

const program = prepare(resolve(process.argv[2] ?? join(root, 'target/debug/tandem')))
// Vite is there only now.
const { serve } = await import('../../examples/spa/start/serve.mjs')

const CONFIGURATIONS = [
  { name: 'one-origin', siblings: false, built: false },
  { name: 'siblings', siblings: true, built: true, domain: 'tandem.test', pictures: ['account', 'under-the-hood'] },
  // Names that need no hosts file, for people.
  { name: 'siblings-localhost', siblings: true, built: false, pictures: [] },
  { name: 'lab-build', siblings: false, built: true, lab: true, pictures: [] },
]
const SETTINGS = {
  TANDEM_TOKENS__ACCESS_TTL: '8s',
  TANDEM_TOKENS__REUSE_INTERVAL: '2s',
  TANDEM_SESSION_FLOW__ACCESS_TTL: '8s',
  // Tokens count in whole seconds, and the injected script knows nothing of renewing.
  TANDEM_TOKENS__LEEWAY: '2s',
  // What a wrong or a right password costs is no matter of these tests.
  TANDEM_PASSWORDS__MEMORY: '7168',
}

let browser
let running
let page
try {
  await mistyped()
  await oneCommand(program)
  browser = await launchChromium([resolving(HOSTS)])
  const [oneOrigin, siblings, localhost, labBuild] = CONFIGURATIONS
  await withApp(oneOrigin, async () => {
    await visit(oneOrigin, 'dual', everything)
    await visit(oneOrigin, 'session', everything)
  })
  await withApp(siblings, async () => {
    await visit(siblings, 'dual', everything)
    await visit(siblings, 'session', everything)
  })
  await withApp(localhost, () => visit(localhost, 'dual', onlyIn))
  await withApp(labBuild, () => visit(labBuild, 'dual', () => lab.underPolicy(page, running.url, newAccount())))
  console.log('spa: every screen in both flows, on one origin and on sibling hosts')
} catch (error) {
  console.error(`spa: ${error.stack}`)
  if (running) console.error(`\nthe end of the service's log:\n${running.service.log().split('\n').slice(-20).join('\n')}`)
  await page?.screenshot({ path: join(screenshots, 'failure.png'), fullPage: true }).catch(() => {})
  process.exitCode = 1
} finally {
  await browser?.close()
  await running?.stop()
}
// Whatever a story has left open must not keep this waiting.
process.exit()

// --- The stage --------------------------------------------------------------------------------------

async function withApp(configuration, stories) {
  const directory = mkdtempSync(join(tmpdir(), 'tandem-spa-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  running = await serve({ ...configuration, program, directory, settings: SETTINGS })
  await stories()
  await running.stop()
  running = null
}

async function visit({ name, built, lab: hasLab, pictures }, flow, story) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  page = await context.newPage()
  page.setDefaultTimeout(20_000)
  // The same screens look the same in the session flow.
  const only = pictures ?? (flow === 'session' ? ['account', 'under-the-hood', 'attack-lab'] : undefined)
  const look = looker(page, join(screenshots, `${name}-${flow}`), only)
  const complaints = await collectComplaints(page, running)
  try {
    await page.goto(`${running.url}/?flow=${flow}`)
    await story({ context, flow, built, look })
    // The script of the lab tries what is not allowed.
    if (!hasLab) assert.deepEqual(complaints(), [])
    if (built && !hasLab) await policy(running)
  } catch (error) {
    error.message = `${name}, ${flow} flow: ${error.message}`
    throw error
  }
  await context.close()
}

// --- The stories ------------------------------------------------------------------------------------

async function everything({ context, flow, built, look }) {
  const account = newAccount()
  const { url, service } = running
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await look('sign-in')
  await screens.skipLink(page)
  await screens.signUp(page, account, look)
  await kept.cookies(context, running, flow)
  await kept.readable(page, flow)
  await screens.profile(page, account, look)
  await hood.halves(page, look)
  await hood.countdown(page)
  if (flow === 'dual') await hood.generations(page)
  await hood.expired(page)
  await screens.sessions(page, service.url, account, look)
  await screens.password(page, service.url, account, look)
  await kept.cookies(context, running, flow)
  await screens.signInInPlace(page, url, account, look)
  // It takes half a minute; once is enough.
  if (flow === 'dual' && !built) {
    await screens.sessionsOffline(page, context, look)
    await screens.offline(page, context, look)
  }
  if (built) await lab.absent(page)
  else await lab.injected(page, running, flow, look)
  if (flow === 'dual') await forgottenAndIn(account, look)
  await screens.signOutEverywhere(page, service.url, account)
  await noToken(page, 'the end')
}

async function forgottenAndIn(account, look) {
  await hood.forgotten(page)
  await look('forgotten')
  await screens.signIn(page, account, look)
}

/** Names under `localhost` that need no hosts file are sibling hosts like any others. */
async function onlyIn({ context, flow, look }) {
  const account = newAccount()
  await screens.signUp(page, account, look)
  await kept.cookies(context, running, flow)
  await hood.halves(page, look)
  await page.reload()
  await screens.profile(page, account, look)
}

/** What a production server has to send, and that nobody frames the page. */
async function policy({ url, api }) {
  const { headers } = await page.goto(url).then(async (response) => ({ headers: await response.allHeaders() }))
  const sent = headers['content-security-policy']
  for (const part of ["default-src 'self'", `connect-src 'self' ${api}`, "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]) {
    assert.ok(sent.includes(part), `the policy lacks ${part}: ${sent}`)
  }
  const ran = await page.evaluate(() => {
    const script = document.createElement('script')
    script.textContent = 'window.inline = true'
    document.head.append(script)
    return window.inline ?? false
  })
  assert.equal(ran, false, 'an inline script runs')
}
