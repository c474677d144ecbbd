// The thief's own machine. It asks the service directly, and is bound by nothing that browsers forbid.

import { randomUUID } from 'node:crypto'

const PASSWORD = 'a passphrase of the attacker'
const named = (cookies) => Object.entries(cookies).map(([name, value]) => `${name}=${value}`).join('; ')

/** Status and parsed answer of one request with the given halves. */
export async function ask(service, path, { method = 'GET', access, cookies, json, form, headers } = {}) {
  const answer = await fetch(service + path, {
    method: json || form ? 'POST' : method,
    headers: {
      ...headers,
      ...(access && { authorization: `Bearer ${access}` }),
      ...(cookies && { cookie: typeof cookies === 'string' ? cookies : named(cookies) }),
      ...(json && { 'content-type': 'application/json' }),
    },
    body: json ? JSON.stringify(json) : form && new URLSearchParams(form),
    redirect: 'manual',
  })
  const text = await answer.text()
  const pairs = answer.headers.getSetCookie().map((line) => /^([^=]+)=([^;]*)/.exec(line).slice(1))
  return {
    status: answer.status,
    answer: text.startsWith('{') ? JSON.parse(text) : {},
    cookies: Object.fromEntries(pairs),
  }
}

export async function registered(service, name) {
  const account = { email: `${name}.${randomUUID().slice(0, 8)}@example.com`, password: PASSWORD }
  const { status } = await ask(service, '/api/auth/register', { json: account })
  if (status !== 202) throw new Error(`the attacker's account: ${status}`)
  return account
}

/** A session of the attacker's own: `access`, `refresh` and `cookies`. */
export async function signedIn(service, account) {
  const { status, answer, cookies } = await ask(service, '/api/auth/login', { json: account })
  if (status !== 200) throw new Error(`the attacker's login: ${status}`)
  return { access: answer.access_token, refresh: answer.refresh_token, cookies }
}

/** How many sessions an account has, counted by somebody who signs in and out for it. */
export async function sessionsOf(service, account) {
  const mine = await signedIn(service, account)
  const { answer } = await ask(service, '/api/auth/sessions', mine)
  await ask(service, '/api/auth/logout', { ...mine, method: 'POST' })
  return answer.sessions.length - 1
}
