// What the browser keeps: cookies as it has stored them, and all that a script can read.

import assert from 'node:assert/strict'

const WANTED = {
  dual: [['access', '/', '__Host-'], ['refresh', '/api/auth/refresh', '__Secure-']],
  session: [['access', '/', '__Host-'], ['session', '/', '__Host-']],
}

export async function cookies(context, { api }, flow) {
  const { hostname, protocol } = new URL(api)
  const secure = protocol === 'https:'
  const wanted = WANTED[flow].map(([name, path, prefix]) => ({
    name: `${secure ? prefix : ''}tandem-${name}`, path, domain: hostname, httpOnly: true, secure, sameSite: 'Strict',
  }))
  const seen = (await context.cookies()).map(({ name, path, domain, httpOnly, secure, sameSite }) =>
    ({ name, path, domain, httpOnly, secure, sameSite }))
  seen.sort((a, b) => (a.name < b.name ? -1 : 1))
  assert.deepEqual(seen, wanted)
}

export async function readable(page, flow) {
  const { cookie, web, records } = await page.evaluate(async () => {
    const done = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result) })
    const records = []
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name))
      for (const store of database.objectStoreNames) {
        records.push(...await done(database.transaction(store).objectStore(store).getAll()))
      }
      database.close()
    }
    return { cookie: document.cookie, web: JSON.stringify([{ ...localStorage }, { ...sessionStorage }]), records }
  })
  assert.equal(cookie, '')
  assert.doesNotMatch(web, /eyJ|tdm_/)
  const tokens = records.filter((record) => record?.access)
  assert.equal(tokens.length, flow === 'dual' ? 1 : 0)
}
