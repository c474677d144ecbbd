// What a page of somebody else can send to the service: forms of every kind, and fetches of every kind.

/** From a page of `origin`: whatever it could read of an answer. */
export async function attack(context, origin, targets, account) {
  const tab = await context.newPage()
  const readable = []
  for (const url of targets) {
    await tab.goto(origin)
    readable.push(...(await tab.evaluate(fetches, { url, account })))
    await tab.evaluate(framedForms, { url, account })
    // As a page of its own, where no browser takes the cookies for a third party's.
    const left = tab.waitForURL(url, { waitUntil: 'commit' })
    await tab.evaluate(submit, url)
    await left
  }
  await tab.close()
  return readable
}

/** Runs in the attacker's page. */
async function fetches({ url, account }) {
  const json = { 'Content-Type': 'application/json' }
  const read = []
  for (const options of [
    { mode: 'no-cors', body: new URLSearchParams({ grant_type: 'session' }) },
    { mode: 'no-cors', body: JSON.stringify(account) },
    { mode: 'cors', body: new URLSearchParams({ grant_type: 'session' }) },
    { mode: 'cors', headers: json, body: JSON.stringify(account) },
    { mode: 'cors', headers: { Authorization: 'Bearer x' } },
    { mode: 'cors', method: 'DELETE' },
  ]) {
    try {
      const answer = await fetch(url, { method: 'POST', credentials: 'include', ...options })
      const text = await answer.text()
      if (answer.type !== 'opaque' || text) read.push(`${url} ${answer.status}`)
    } catch {
      // As it should be.
    }
  }
  return read
}

/** Runs in the attacker's page. */
async function framedForms({ url, account }) {
  for (const enctype of ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']) {
    const frame = Object.assign(document.createElement('iframe'), { name: `frame ${enctype}` })
    const form = Object.assign(document.createElement('form'), { method: 'post', action: url, enctype, target: frame.name })
    const fields = enctype === 'text/plain'
      ? { [`{"email":"${account.email}","password":"${account.password}","x":"`]: '"}' }
      : { grant_type: 'session' }
    for (const [name, value] of Object.entries(fields)) {
      form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }))
    }
    document.body.append(frame, form)
    const loaded = new Promise((done) => { frame.onload = done; setTimeout(done, 2000) })
    form.submit()
    await loaded
  }
}

/** Runs in the attacker's page, which goes away with it. */
function submit(url) {
  const form = Object.assign(document.createElement('form'), { method: 'post', action: url })
  document.body.append(form)
  form.submit()
}
