// Calls past the client, with the browser's own fetch, from a blank page. For what the service promises,
// and for attackers.

/** A blank page of the site's origin. */
export async function blank(site, origin = site.origin) {
  const page = await site.context.newPage()
  await page.goto(`${origin}/blank`)
  return page
}

/** Status and answer, or the failure. `bearer` is what an attacker or a broken client would have. */
export function send(page, url, { bearer, json, method = json ? 'POST' : 'GET', ...rest } = {}) {
  return page.evaluate(async ([url, bearer, json, options]) => {
    const headers = {
      ...(bearer && { Authorization: `Bearer ${bearer}` }),
      ...(json && { 'Content-Type': 'application/json' }),
    }
    try {
      const answer = await fetch(url, { credentials: 'include', headers, ...(json && { body: JSON.stringify(json) }), ...options })
      const text = await answer.text()
      const parsed = text.startsWith('{') ? JSON.parse(text) : {}
      return { status: answer.status, code: parsed.code ?? parsed.error ?? null, answer: parsed }
    } catch (error) {
      return { failed: error.name, answer: {} }
    }
  }, [url, bearer, json, { method, ...rest }])
}

export const login = async (page, account) => (await send(page, '/api/auth/login', { json: account })).answer

export const refresh = (page, { access_token: bearer, refresh_token }) =>
  send(page, '/api/auth/refresh', { bearer, json: { refresh_token } })

/** The jar as a table by name: values, never shown. */
export async function jar(context) {
  const cookies = await context.cookies()
  return Object.fromEntries(cookies.map(({ name, value }) => [name.replace(/^__(Host|Secure)-/, ''), value]))
}
