// An account, and what its owner sees of it.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

const json = (value) => ({
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value),
})

export async function register(url, email = `${randomUUID()}@example.com`) {
  const account = { email, password: `${randomUUID()} is long enough` }
  const { status } = await fetch(`${url}/api/auth/register`, json(account))
  assert.equal(status, 202)
  return account
}

/** The sessions of the account that are alive, without the one that asks. */
export async function otherSessions(url, account) {
  const login = await fetch(`${url}/api/auth/login`, json(account))
  assert.equal(login.status, 200)
  const { access_token } = await login.json()
  const cookie = login.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ')
  const headers = { Authorization: `Bearer ${access_token}`, cookie }
  const answer = await fetch(`${url}/api/auth/sessions`, { headers })
  assert.equal(answer.status, 200)
  const { sessions } = await answer.json()
  return sessions.filter(({ current }) => !current)
}
