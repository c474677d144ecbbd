// The panel: what it says is what the browser did.

import assert from 'node:assert/strict'
import { press } from './person.mjs'

const panel = (page) => page.getByRole('complementary', { name: 'Under the hood' })
const button = (page, name) => panel(page).getByRole('button', { name: new RegExp(`^${name}`) })
const outcome = (page, text) => panel(page).getByRole('status').filter({ hasText: text })

/** Presses a button of the panel. Resolves with the request to `me` that this made, as it went out. */
async function provoke(page, name, text) {
  const going = page.waitForRequest((request) => request.url().endsWith('/api/auth/me'))
  await press(page, button(page, name))
  const request = await going
  await outcome(page, text).waitFor()
  const headers = await request.allHeaders()
  const status = (await request.response()).status()
  return { status, body: Boolean(headers.authorization), cookie: /tandem-access=/.test(headers.cookie ?? '') }
}

/** The latest request in the panel: its halves, in words, and its answer. */
async function shown(page) {
  const line = panel(page).locator('.log .request').filter({ hasText: '/api/auth/me' }).first()
  return [await line.getByRole('img').getAttribute('aria-label'), await line.locator('.status').innerText()]
}

export async function halves(page, look) {
  assert.deepEqual(await provoke(page, 'Call “me”', 'both halves were there'), { status: 200, body: true, cookie: true })
  assert.deepEqual(await shown(page), ['both halves', '200'])
  assert.deepEqual(
    await provoke(page, 'The body half alone', 'Refused: 401'), { status: 401, body: true, cookie: false },
  )
  assert.deepEqual(await shown(page), ['the body half alone', '401 invalid_token'])
  assert.deepEqual(
    await provoke(page, 'The cookie half alone', 'Refused: 401'), { status: 401, body: false, cookie: true },
  )
  assert.deepEqual(await shown(page), ['the cookie half alone', '401 invalid_token'])
  await look('under-the-hood')
}

/** Counts down, and begins anew when the client has renewed the token. */
export async function countdown(page) {
  const left = () => panel(page).getByRole('timer').innerText()
  const seen = [await left()]
  const down = () => seen.some((text, at) => text < seen[at - 1])
  const up = () => seen.some((text, at) => text > seen[at - 1])
  for (let looks = 0; looks < 600 && !(down() && up()); looks++) {
    await page.waitForTimeout(50)
    const now = await left()
    if (now !== seen.at(-1)) seen.push(now)
  }
  assert.ok(down(), `does not count down: ${seen}`)
  assert.ok(up(), `does not begin anew: ${seen}`)
  await panel(page).getByText(/: renewed/).first().waitFor()
}

export async function generations(page) {
  const generation = async () => Number(await panel(page).locator('dt:text("Generation") + dd').innerText())
  const before = await generation()
  await press(page, button(page, 'Renew now'))
  await outcome(page, 'Renewed').waitFor()
  const after = await generation()
  assert.ok(after >= before && before >= 1)
  // Soon after the last one the same token is sent again. Who watches the number is told.
  const said = await outcome(page, 'Renewed').innerText()
  assert.equal(said.includes('the generation stays'), after === before, `${before} to ${after}: ${said}`)
}

export async function expired(page) {
  const seen = await provoke(page, 'A token that has expired', 'Refused: 401 access_expired')
  assert.deepEqual(seen, { status: 401, body: true, cookie: true })
}

/** The page's half is deleted; the cookie half stays, and opens nothing. */
export async function forgotten(page) {
  await press(page, button(page, 'Delete the page’s half'))
  await page.getByRole('status').filter({ hasText: 'half of the session has been deleted' }).waitFor()
  const status = await page.evaluate(async (me) => (await fetch(me, { credentials: 'include' })).status, meOf(page))
  assert.equal(status, 401)
}

const meOf = (page) => `${new URL(page.url()).origin.replace('//ui.', '//api.')}/api/auth/me`
