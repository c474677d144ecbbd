// One tab: what requests carry, and that a token which has expired is nobody's business.

import assert from 'node:assert/strict'
import { TOKEN } from './carried.mjs'
import { HOUR, hide, moveClock, outdate } from './device.mjs'
import { expired } from './faults.mjs'
import { REFRESH, STALE, call, pause, refreshes, state, told } from './world.mjs'

export async function T01_callsCarryBothHalvesAndNothingElseHoldsAToken({ site }) {
  const { context, proxy, account, open } = await site('short')
  const said = []
  await context.addInitScript(() => {
    window.posted = []
    const { postMessage } = BroadcastChannel.prototype
    BroadcastChannel.prototype.postMessage = function (message) {
      window.posted.push(message)
      return postMessage.call(this, message)
    }
  })
  const page = await open()
  page.on('console', (message) => said.push(message.text()))
  const me = await account()
  await page.evaluate((me) => window.auth.signIn(me), me)
  assert.equal((await call(page)).status, 200)
  await pause(STALE)
  assert.equal((await call(page)).status, 200)

  for (const { bodyHalf, cookieHalf } of proxy.requests('/app/echo')) {
    assert.ok(bodyHalf && cookieHalf)
    assert.equal(bodyHalf.sid, cookieHalf.sid)
  }
  assert.ok(refreshes(proxy).length > 0)
  const { record, rest } = await page.evaluate(everything)
  assert.match(record.access, TOKEN)
  assert.match(record.refresh, TOKEN)
  assert.doesNotMatch(JSON.stringify([rest, said]), TOKEN)
  assert.ok(rest.posted.length > 0, 'nothing was told to other tabs')
  assert.ok(!proxy.seen.some(({ leak }) => leak))
}

/** All that a script can read, in the page: the record's two tokens apart from all the rest. */
async function everything() {
  const promised = (request) => new Promise((done) => { request.onsuccess = () => done(request.result) })
  const databases = {}
  for (const { name } of await indexedDB.databases()) {
    const database = await promised(indexedDB.open(name))
    for (const store of database.objectStoreNames) {
      databases[`${name}/${store}`] = await promised(database.transaction(store).objectStore(store).getAll())
    }
    database.close()
  }
  const [{ access, refresh, ...others }] = databases['tandem/half']
  return {
    record: { access, refresh },
    rest: {
      others, databases: { ...databases, 'tandem/half': databases['tandem/half'].slice(1) },
      cookie: document.cookie, local: { ...localStorage }, session: { ...sessionStorage }, caches: await caches.keys(),
      name: window.name, history: history.state, address: location.href, html: document.documentElement.outerHTML,
      states: window.states, told: window.told, posted: window.posted,
      resources: performance.getEntriesByType('resource').map(({ name }) => name),
    },
  }
}

export async function T02_aCallAfterExpiryRenewsFirst({ site }) {
  const { proxy, page, from } = await expiredTab(await site('strict'))
  assert.equal((await call(page)).status, 200)
  assert.deepEqual(proxy.requests('/app/echo', from).map(({ status }) => status), [200])
  assert.deepEqual(refreshes(proxy, from).map(({ status }) => status), [200])
}

/** The client takes the token for a live one, because its clock was set back. */
export async function T02_anAccessExpiredIsMendedOnce({ site }) {
  const { proxy, page, from } = await expiredTab(await site('strict'))
  await moveClock(page, -HOUR)
  assert.equal((await call(page)).status, 200)
  assert.deepEqual(proxy.requests('/app/echo', from).map(({ status }) => status), [401, 200])
  assert.deepEqual(refreshes(proxy, from).map(({ status }) => status), [200])
  assert.equal((await state(page)).generation, 2)
}

/** Signed in, in the background, and its token has expired. */
async function expiredTab(it) {
  const page = await it.signedIn()
  await hide(page)
  await pause(4100)
  assert.deepEqual(await told(page, 'renewed'), [])
  return { ...it, page, from: it.proxy.seen.length }
}

export async function T03_twentyCallsAfterExpiryRenewOnce({ site }) {
  await twentyCalls(await site('restless'), '/dual', REFRESH)
}

export async function T03_twentyCallsAfterExpiryExchangeOnce({ site }) {
  await twentyCalls(await site('calm'), '/session', '/iam/oauth/token')
}

/** By the client's clock the token is old; after that, by the service's. */
async function twentyCalls({ proxy, signedIn }, path, renewal) {
  const page = await signedIn(path)
  await outdate(page)
  for (const requests of [20, 40]) {
    const from = proxy.seen.length
    const answers = await page.evaluate(() => Promise.all(Array.from({ length: 20 }, () => window.call('/app/echo'))))
    assert.deepEqual(answers.map(({ status }) => status), Array(20).fill(200))
    assert.equal(proxy.requests(renewal, from).length, 1)
    assert.equal(proxy.requests('/app/echo', from).length, requests)
    proxy.fault('/app/echo', expired, 20)
  }
}

/** A 401 or 403 that is the app's own is the app's business. */
export async function T11_refusalsOfTheAppAreReturnedAsTheyAre({ site }) {
  const { proxy, signedIn } = await site('calm')
  const page = await signedIn()
  const from = proxy.seen.length
  for (const [path, status, text] of [
    ['/app/refuses', 401, 'no_seat_left'], ['/app/forbids', 403, 'not_yours'], ['/app/behind-nginx', 401, '<h1>'],
  ]) {
    const answer = await call(page, path)
    assert.equal(answer.status, status)
    assert.ok(answer.text.includes(text))
    assert.equal(proxy.requests(path, from).length, 1)
  }
  assert.equal(refreshes(proxy, from).length, 0)
  assert.equal((await state(page)).status, 'authenticated')
}

/** An API that never stops saying what the service would say only once. */
export async function T11_noRefusalMakesALoop({ site, figure }) {
  for (const [path, most] of [['/app/says-expired', 20], ['/app/says-invalid', 11]]) {
    const { proxy, signedIn } = await site('calm')
    const page = await signedIn()
    const from = proxy.seen.length
    for (let times = 0; times < 10; times++) assert.equal((await call(page, path)).status, 401)
    const [calls, renewals] = [proxy.requests(path, from).length, refreshes(proxy, from).length]
    figure(`${path}: ${calls} requests and ${renewals} refreshes for 10 calls`)
    assert.ok(calls <= most, `${calls} requests`)
    assert.ok(renewals <= most - 10, `${renewals} refreshes`)
    assert.equal((await state(page)).status, 'authenticated')
    assert.equal((await call(page)).status, 200)
  }
}

export async function T27_aBodyIsSentOnceMoreAsItWas({ site }) {
  const { proxy, signedIn } = await site('restless')
  const page = await signedIn()
  const make = {
    text: () => 'exactly this',
    form: () => new URLSearchParams({ a: '1', b: 'exactly this' }),
    parts: () => {
      const form = new FormData()
      form.set('a', 'exactly this')
      return form
    },
    blob: () => new Blob(['exactly this']),
    bytes: () => new TextEncoder().encode('exactly this'),
  }
  for (const asRequest of [false, true]) {
    for (const [kind, body] of Object.entries(make)) {
      const from = proxy.seen.length
      proxy.fault('/app/echo', expired, 1)
      const { status, text } = await page.evaluate(([body, asRequest]) => {
        const options = { method: 'POST', body: new Function(`return (${body})()`)() }
        return window.call(...(asRequest ? [new Request('/app/echo', options)] : ['/app/echo', options]))
      }, [body.toString(), asRequest])
      assert.equal(status, 200, kind)
      assert.match(JSON.parse(text).body, /exactly.this/, kind)
      assert.deepEqual(proxy.requests('/app/echo', from).map(({ status }) => status), [401, 200], kind)
      assert.equal(refreshes(proxy, from).length, 1, kind)
    }
  }
}

/** Where to go after a sign-in: a path of this origin, or its beginning. */
export async function T26_addressesOfOthersAreNoPlaceToReturnTo({ site }) {
  const { open, origin } = await site('calm')
  const page = await open()
  const landed = async (text) => {
    const loaded = page.waitForEvent('load')
    await page.evaluate((text) => { location.href = window.safeReturnTo(text) }, text)
    await loaded
    return page.url()
  }
  for (const text of [
    '//evil.test', 'https://evil.test', 'javascript:alert(1)', '/\\evil.test', '\\\\evil.test', '/.//evil.test', ' //evil.test',
    '/\t/evil.test', 'evil.test', '', null, 'data:text/html,x', '/..//evil.test',
  ]) assert.equal(await landed(text), `${origin}/`, text)
  assert.equal(await landed('/dual?a=1#b'), `${origin}/dual?a=1#b`)
}
