// The switch of the attack lab: what a smuggled-in script gets, how far it gets with it, and that nobody sees a
// token for it. The attacks themselves are tested with the lab.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { noToken } from './looks.mjs'
import { fillIn, press } from './person.mjs'

const section = (page) => page.getByRole('region', { name: 'Attack lab' })
const button = (page, name) => section(page).getByRole('button', { name })
const said = (page, text) => section(page).getByRole('status').filter({ hasText: text })

async function switchOn(page) {
  await press(page, section(page).getByRole('switch', { name: 'Injected script' }), 'Space')
  await button(page, 'Steal').waitFor()
}

/** In the app as it is while developing, without a policy: the loot leaves, and is half of nothing. */
export async function injected(page, { service }, flow, look) {
  const collector = await startCollector()
  await switchOn(page)
  await press(page, button(page, 'Steal'))
  await section(page).getByText('none can be read').waitFor()
  await ride(page)
  await fillInCollector(page, collector)
  await said(page, 'Sent').waitFor()
  await noToken(page, 'the attack lab')
  await look('attack-lab')

  const [loot] = collector.seen
  assert.equal(loot.cookies, '')
  const records = Object.values(loot.indexedDB).flat().filter((record) => record?.access)
  assert.equal(records.length, flow === 'dual' ? 1 : 0)
  const stolen = [...records.map((record) => `Bearer ${record.access}`), ...loot.headers]
  assert.ok(stolen.length > 0, 'the script got nothing at all')
  for (const authorization of stolen) {
    const { status } = await fetch(`${service.url}/api/auth/me`, { headers: { authorization } })
    assert.equal(status, 401)
  }

  await press(page, section(page).getByRole('switch'), 'Space')
  await button(page, 'Steal').waitFor({ state: 'detached' })
  collector.stop()
}

/** The same script under the policy of the production build: it is in, and its loot stays in. */
export async function underPolicy(page, url, account) {
  const collector = await startCollector()
  await page.goto(url)
  await press(page, page.getByRole('link', { name: 'Make an account' }))
  await fillIn(page, { 'E-mail address': account.email, Password: account.password })
  await page.getByRole('heading', { name: 'Hello' }).waitFor()
  await switchOn(page)
  await fillInCollector(page, collector)
  await said(page, 'Not sent').waitFor()
  assert.equal(collector.seen.length, 0)
  collector.stop()
}

/** Nothing of it is in the production build. */
export async function absent(page) {
  assert.equal(await section(page).count(), 0)
  const built = fileURLToPath(new URL('../../../examples/spa/dist', import.meta.url))
  for (const file of readdirSync(built, { recursive: true }).filter((name) => /\.(js|html)$/.test(name))) {
    assert.doesNotMatch(readFileSync(join(built, file), 'utf8'), /injected|Attack lab/, file)
  }
}

/** The same call from within the page, to which the browser adds the other half. */
async function ride(page) {
  // So that there is a token which lives for a moment.
  await press(page, page.getByRole('button', { name: /^Call “me”/ }))
  await page.getByRole('status').filter({ hasText: 'both halves were there' }).waitFor()
  await press(page, button(page, 'Ride along'))
  await said(page, 'Answered 200').waitFor()
}

async function fillInCollector(page, { url }) {
  await fillIn(page, { Collector: url })
  await press(page, button(page, 'Send'))
}

/** Of the attacker: takes whatever it is sent. */
async function startCollector() {
  const seen = []
  const listener = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    seen.push(JSON.parse(body))
    response.end()
  })
  await new Promise((done) => listener.listen(0, '127.0.0.1', done))
  const stop = () => { listener.closeAllConnections(); listener.close() }
  return { url: `http://evil.test:${listener.address().port}/`, seen, stop }
}
