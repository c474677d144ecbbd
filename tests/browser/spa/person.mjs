// Somebody with a keyboard, and the other devices of the same person.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

export const DEVICES = {
  'Firefox on Windows': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0',
  'Safari on iPhone': 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) '
    + 'Version/19.0 Mobile/15E148 Safari/604.1',
  'Edge on Windows': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) '
    + 'Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0',
}

export const newAccount = () => ({ email: `ada.${randomUUID().slice(0, 8)}@example.com`, password: 'seven quiet plums on a ladder' })

/** Presses Tab until `target` has the focus: whatever cannot be reached that way is not there for many. */
export async function tabTo(page, target) {
  await target.first().waitFor()
  for (let presses = 0; presses < 80; presses++) {
    if (await target.first().evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  assert.fail(`the keyboard does not get to ${target}`)
}

export async function press(page, target, key = 'Enter') {
  await tabTo(page, target)
  await page.keyboard.press(key)
}

/** Fills a form and sends it, by keyboard alone. */
export async function fillIn(page, values) {
  for (const [label, value] of Object.entries(values)) {
    const input = page.getByRole('textbox', { name: label, exact: true }).or(page.getByLabel(label, { exact: true }))
    await tabTo(page, input)
    await page.keyboard.press('Control+A')
    await page.keyboard.insertText(value)
  }
  await page.keyboard.press('Enter')
}

/** A sign-in elsewhere. `works` tells whether its session is still good, and goes on with what it gets. */
export async function otherDevice(service, account, userAgent) {
  let held = null
  const post = async (path, body) => {
    const answer = await fetch(service + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': userAgent,
        ...(held && { cookie: held.cookie, authorization: `Bearer ${held.access_token}` }),
      },
      body: JSON.stringify(body),
    })
    if (!answer.ok) return answer.status
    const cookie = answer.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ')
    held = { ...(await answer.json()), cookie }
    return answer.status
  }
  assert.equal(await post('/api/auth/login', account), 200, 'login elsewhere')
  return { works: async () => (await post('/api/auth/refresh', { refresh_token: held.refresh_token })) === 200 }
}
