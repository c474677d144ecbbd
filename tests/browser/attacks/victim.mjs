// Somebody with the app open in one tab, signed in, and the attacker's page in another.

import assert from 'node:assert/strict'
import { leaks as hasToken } from '../../../examples/attack-lab/lab/journal.mjs'
import { newAccount } from '../spa/person.mjs'

export async function createVictim({ lab, browser, flow, place }) {
  const context = await browser.newContext()
  context.setDefaultTimeout(20_000)
  const leaks = []
  context.on('request', async (request) => {
    const headers = await request.allHeaders().catch(() => ({}))
    if (hasToken({ url: request.url(), headers })) leaks.push(request.url().split('?')[0])
  })
  const account = newAccount()
  const page = await context.newPage()
  const refused = []
  page.on('requestfailed', (request) => refused.push(`${request.failure().errorText} ${request.url()}`))
  await page.goto(place)
  await page.getByLabel(flow === 'dual' ? 'Dual' : 'Session').check()
  const [app] = await Promise.all([page.waitForEvent('popup'), page.click('#open')])
  await signUp(app, account)
  await injected(app)

  const victim = {
    context, page, app, account, flow,
    leaks: () => leaks,
    /** What the browser would not load for the lab's page, as soon as there is so much of it. */
    refused: async (count) => {
      for (let tries = 0; tries < 100 && refused.length < count; tries++) await page.waitForTimeout(100)
      return refused.splice(0).sort()
    },
    /** Runs an attack on the lab's page. */
    suffer: async (id) => {
      const card = page.locator(`#${id}`)
      await card.getByRole('button').click()
      await page.locator('#all[aria-disabled=false]').waitFor({ timeout: 120_000 })
      return { verdict: await card.getAttribute('data-verdict'), text: await card.locator('.badge').innerText() }
    },
    tries: (id) => page.locator(`#${id} tbody tr`).evaluateAll((rows) =>
      rows.map(({ cells: [what, got] }) => `  ${what.textContent}: ${got.textContent}`).join('\n')),
    /** Which cookies there are, whose session they are of, and how many sessions that person has. */
    session: async () => {
      const cookies = await context.cookies(lab.api)
      const [, claims] = cookies.find(({ name }) => name.endsWith('tandem-access'))?.value.split('.') ?? []
      const ours = (await context.cookies()).filter(({ name }) => name.includes('tandem'))
      const names = ours.map(({ name, domain }) => `${name} ${domain}`)
      return {
        sid: claims && JSON.parse(Buffer.from(claims, 'base64url')).sid,
        cookies: names.sort(),
        sessions: await victim.sessions(),
      }
    },
    /** Counted by the page itself, whoever the browser says it is. */
    sessions: async () => {
      const { status, body } = await app.evaluate((url) => window.lab.ride(url), `${lab.api}/api/auth/sessions`)
      return status === 200 ? body.sessions.length : status
    },
    signIn: () => signIn(app, account),
    leave: () => context.close(),
  }
  assert.equal(await victim.sessions(), 1)
  return victim
}

export async function signUp(app, account) {
  await app.getByRole('link', { name: 'Make an account' }).click()
  await app.getByRole('heading', { name: 'Make an account' }).waitFor()
  await enter(app, account)
}

export async function signIn(app, account) {
  await app.getByRole('heading', { name: 'Sign in' }).waitFor()
  await enter(app, account)
}

async function enter(app, { email, password }) {
  await app.getByLabel('E-mail address').fill(email)
  await app.getByRole('textbox', { name: 'Password' }).fill(password)
  await app.keyboard.press('Enter')
  await app.getByRole('heading', { name: 'Hello' }).waitFor()
}

async function injected(app) {
  await app.getByRole('switch', { name: 'Injected script' }).check()
  await app.getByRole('button', { name: 'Steal' }).waitFor()
  await app.getByRole('heading', { name: 'Hello' }).waitFor()
}

/** The page's half, as whoever reads the storage has it. */
export const record = (app) => app.evaluate(async () => {
  const { indexedDB } = await window.lab.steal()
  return Object.values(indexedDB).flat().find((value) => value?.access)
})
