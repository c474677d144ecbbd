/** A page without the client of this package: it sends what a test tells it to. */

import type { components } from '../../src/api.js'
import type { FakeAuthServer, FakeBrowser } from '../../src/testing/index.js'

export const ADA = { email: 'ada@example.com', password: 'a long enough passphrase' }

export type Tokens = components['schemas']['TokenAnswer']

/** The body half, as far as a call presents it. */
export interface Presented {
  access?: string | undefined
  refresh?: string | undefined
}

interface Call {
  method?: string
  access?: string | undefined
  json?: unknown
}

export function page(server: FakeAuthServer, browser: FakeBrowser = server.browser()) {
  const call = (path: string, { method = 'GET', access, json }: Call = {}) =>
    browser.fetch(server.origin + path, {
      method,
      credentials: 'include',
      headers: {
        ...(access !== undefined && { authorization: `Bearer ${access}` }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    })
  return {
    browser,
    call,
    async login(account = ADA, access?: string): Promise<Tokens> {
      const answer = await call('/api/auth/login', { method: 'POST', json: account, access })
      if (!answer.ok) throw new Error(`login answered ${answer.status}`)
      return answer.json() as Promise<Tokens>
    },
    refresh({ access, refresh }: Presented) {
      const json = refresh === undefined ? {} : { refresh_token: refresh }
      return call('/api/auth/refresh', { method: 'POST', access, json })
    },
    exchange() {
      const body = new URLSearchParams({ grant_type: 'session' })
      return browser.fetch(`${server.origin}/iam/oauth/token`, { method: 'POST', credentials: 'include', body })
    },
  }
}

export const half = ({ access_token: access, refresh_token: refresh }: Tokens): Presented => ({ access, refresh })

/** Status and `code` of an answer; the status alone where there is no problem. */
export async function said(answer: Response | Promise<Response>): Promise<string> {
  const { status, code } = await read(await answer)
  return code ? `${status} ${code}` : `${status}`
}

async function read(answer: Response): Promise<{ status: number; code?: string }> {
  const isProblem = answer.headers.get('content-type') === 'application/problem+json'
  return { status: answer.status, ...(isProblem && ((await answer.json()) as { code: string })) }
}
