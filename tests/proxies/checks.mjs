// What has to hold behind every proxy of the cookbook. Each check is a function of the stage: the proxy's
// port, the upstream, and two people, Ada with the role `editor` and Bob without any.

import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { call, callPlain, logIn, login, upgrade } from './client.mjs'

const EVIL = { Origin: 'https://evil.example' }
const IDENTITY = ['x-auth-subject', 'x-auth-session', 'x-auth-roles']
const LIES = {
  'X-Auth-Subject': 'ada', 'X-Auth-Session': 'hers', 'X-Auth-Roles': 'admin', 'X-Auth-Other': 'x',
  X_Auth_Roles: 'admin', 'X-Auth_Roles': 'admin', 'X_Auth-Roles': 'admin',
}

/** An address that no other request has, to find out whether it arrived. */
const fresh = (folder) => `${folder}${randomUUID()}`

/** What an upstream that reads `_` as `-` would take for the header, all lines of it. */
function arrived(rawHeaders, name) {
  const values = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at].toLowerCase().replaceAll('_', '-') === name) values.push(rawHeaders[at + 1])
  }
  return values
}

function assertIdentity(answer, who, roles) {
  assert.equal(answer.status, 200, answer.text)
  const { rawHeaders } = answer.json()
  const told = IDENTITY.map((name) => arrived(rawHeaders, name).join())
  assert.deepEqual(told, [who.user, who.session, roles])
  assertNoCredentials(rawHeaders)
}

function assertNoCredentials(rawHeaders) {
  for (const name of ['authorization', 'cookie']) assert.deepEqual(arrived(rawHeaders, name), [])
}

/** Tandem's own words, dressed as it dresses them, and nothing of them twice. */
function assertProblem(answer, status, code) {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.headers['content-type'], 'application/problem+json')
  assert.equal(answer.headers['cache-control'], 'no-store')
  const body = answer.json()
  assert.deepEqual([body.status, body.code], [status, code])
  assert.equal(body.type, `https://api.example.com/problems/${code.replaceAll('_', '-')}`)
  assert.equal(body.request_id.length > 10, true)
  const lines = (name) => arrived(answer.rawHeaders, name)
  assert.equal(lines('www-authenticate').length, status === 401 ? 1 : 0)
  assert.equal(lines('content-type').length, 1)
  for (const name of IDENTITY) assert.deepEqual(lines(name), [])
}

async function assertRefused(stage, path, options, status, code) {
  assertProblem(await call(stage.port, path, options), status, code)
  assert.ok(!stage.upstream.saw(path), 'a refused request has arrived')
}

export const checks = {
  async 'a pair passes, with its identity and without its credentials'({ port, ada, bob }) {
    assertIdentity(await call(port, '/api/x', { headers: ada.pair }), ada, 'editor')
    assertIdentity(await call(port, '/api/x', { headers: bob.pair }), bob, '')
  },

  async 'what the outside says of its method does not arrive either'({ port, ada }) {
    const lies = ['X-Forwarded-Method', 'X-Original-Method', 'X-Forwarded-Uri', 'X-Original-URI']
    const headers = { ...ada.pair, ...Object.fromEntries(lies.map((name) => [name, 'a lie'])) }
    for (const path of ['/api/x', '/api/public/x']) {
      const { rawHeaders } = (await call(port, path, { headers })).json()
      for (const name of lies) assert.deepEqual(arrived(rawHeaders, name.toLowerCase()), [])
    }
  },

  async 'each half alone does not, and the refusal is the service\'s own'(stage) {
    const { ada } = stage
    for (const folder of ['/api/', '/api/articles/', '/api/uploads/', '/api/live/', '/api/page.html?']) {
      await assertRefused(stage, fresh(folder), {}, 401, 'unauthenticated')
      await assertRefused(stage, fresh(folder), { headers: ada.body }, 401, 'invalid_token')
      await assertRefused(stage, fresh(folder), { headers: ada.jar }, 401, 'invalid_token')
      const post = { method: 'POST', headers: ada.body, body: 'x' }
      await assertRefused(stage, fresh(folder), post, 401, 'invalid_token')
    }
  },

  async 'halves of two people do not'(stage) {
    const headers = { ...stage.ada.body, ...stage.bob.jar }
    await assertRefused(stage, fresh('/api/'), { headers }, 401, 'invalid_token')
  },

  async 'a half that is there twice is none'({ port, ada, bob, upstream }) {
    for (const headers of [
      { ...ada.pair, Authorization: [ada.body.Authorization, bob.body.Authorization] },
      { ...ada.pair, Authorization: [ada.body.Authorization, ada.body.Authorization] },
      { ...ada.pair, Cookie: [ada.jar.Cookie, bob.jar.Cookie] },
    ]) {
      const path = fresh('/api/')
      const { status } = await call(port, path, { headers })
      assert.ok([400, 401].includes(status), String(status))
      assert.ok(!upstream.saw(path))
    }
  },

  async 'identities that the outside claims do not arrive'(stage) {
    const { port, ada, bob } = stage
    for (const [path, who, roles] of [['/api/x', bob, ''], ['/api/articles/x', ada, 'editor']]) {
      const answer = await call(port, path, { headers: { ...who.pair, ...LIES } })
      assertIdentity(answer, who, roles)
      assert.deepEqual(arrived(answer.json().rawHeaders, 'x-auth-other').filter((v) => v !== 'x'), [])
    }
    const open = await call(port, '/api/public/x', { headers: { ...ada.pair, ...LIES } })
    assert.equal(open.status, 200)
    for (const name of IDENTITY) assert.deepEqual(arrived(open.json().rawHeaders, name), [])
    assertNoCredentials(open.json().rawHeaders)
    await assertRefused(stage, fresh('/api/'), { headers: LIES }, 401, 'unauthenticated')
    const headers = { ...bob.pair, ...LIES }
    await assertRefused(stage, fresh('/api/articles/'), { headers }, 403, 'forbidden')
  },

  async 'a role is needed where it is asked for'(stage) {
    const { port, ada, bob } = stage
    assertIdentity(await call(port, '/api/articles/x', { headers: ada.pair }), ada, 'editor')
    await assertRefused(stage, fresh('/api/articles/'), { headers: bob.pair }, 403, 'forbidden')
  },

  async 'no spelling of its path leads around a role'({ port, bob, upstream }) {
    for (const spelled of ['/api/%61rticles/', '/api//articles/', '/api/./articles/', '/api/x/../articles/',
      '/api/x/%2e%2e/articles/', '/api/articles%2f', '/%61pi/articles/', '//api/articles/', '/api/public/../articles/']) {
      const path = fresh(spelled)
      const answer = await call(port, path, { headers: bob.pair })
      assert.ok(!upstream.saw(path), `${path} has arrived`)
      if (answer.status === 200) assert.match(answer.text, /the page/)
    }
  },

  async 'a role is needed for whatever an API may take for the path that needs it'({ port, ada, bob, upstream }) {
    for (const spelled of [
      '/api/articles?', '/api/articles/?', '/api/articles.json?',                    // the collection
      '/api/Articles/', '/api/ARTICLES/', '/API/articles/', '/api/%41rticles/',      // Express
      '/api/articles;x/', '/api/articles%3Bx/', '/api/articles%3b/',                 // path parameters, Java
      '/api/articles\\', '/api/articles%5c', '/api/articles%5C', '/api/x/..\\articles/', // Windows
      '/api/%2561rticles/', '/api/articles%252f',                                    // decoded twice
      '/api/articles/%00', '/api/articles%09/',
      '/api/articles//../', '/api/articles//../public/../',                          // empty parts are parts
      '/api/articles/5;%zz', '/api/articles/%zz', '/api/articles/%', '/api/articles/%5', '/api/%61rticles/%G0',
    ]) {
      for (const end of ['', '%', '%z', '%2']) {
        for (const method of ['GET', 'POST', 'DELETE']) {
          const id = randomUUID().replace(/^../, 'zz')
          const { status } = await call(port, spelled + id + end, { method, headers: bob.pair })
          assert.ok(!upstream.saw(id), `${method} ${spelled}${end} has arrived`)
          assert.ok([400, 403].includes(status), `${method} ${spelled}${end}: ${status}`)
        }
      }
    }
    // What is odd in a path is not in a query, nor what only looks so.
    for (const path of ['/api/x?a=%25;%zz\\//../.', '/api/a..b/.c/d./e%20f%C3%A9']) {
      const answer = await call(port, path, { headers: bob.pair })
      assert.deepEqual([answer.status, answer.json().url], [200, path])
    }
    for (const path of ['/api/articles', '/api/Articles/x']) {
      assertIdentity(await call(port, path, { headers: ada.pair }), ada, 'editor')
    }
  },

  async 'paths that can be read in two ways are refused, whoever asks'({ port, ada, upstream }) {
    for (const odd of ['//', '/./', '/../', '/%2e/', '%2F', ';', '%3b', '\\', '%5C', '%25', '%00', '%1f', '%', '%zz']) {
      for (const folder of ['/api/x', '/api/articles/x', '/api/public/x']) {
        const id = randomUUID().replace(/^../, 'zz')
        const answer = await call(port, `${folder}${odd}${id}`, { headers: ada.pair })
        assert.equal(answer.status, 400, `${folder}${odd}`)
        assert.ok(!upstream.saw(id), `${folder}${odd} has arrived`)
      }
    }
  },

  async 'a folder itself is guarded as what is in it, and nobody is sent elsewhere'(stage) {
    const { port, ada, bob } = stage
    for (const path of ['/api/articles', '/api/uploads', '/api/live', '/api/public']) {
      const { status, text } = await call(port, path, { method: 'POST', headers: ada.pair, body: 'x' })
      assert.equal(status, 200, `${path}: ${text}`)
      const { method, url, length } = JSON.parse(text)
      assert.deepEqual([method, url, length], ['POST', path, 1])
    }
    const post = { method: 'POST', headers: bob.pair, body: 'x' }
    await assertRefused(stage, fresh('/api/articles?'), post, 403, 'forbidden')
    for (const path of ['/api/articles?', '/api/uploads?', '/api/live?']) {
      await assertRefused(stage, fresh(path), {}, 401, 'unauthenticated')
    }
    assert.equal((await call(port, '/api/public')).status, 200)
    // What only begins like an open folder is not open.
    await assertRefused(stage, fresh('/api/publicity/'), {}, 401, 'unauthenticated')
  },

  async 'the client cannot have headers taken away'({ port, ada, upstream }) {
    for (const named of [
      'X-Auth-Subject, X-Auth-Session, X-Auth-Roles', 'close, X-Auth-Roles', 'x-auth-roles,keep-alive',
      ['close', 'X-Auth-Roles'], ['X-Auth-Roles', 'keep-alive'], 'close,,X-Auth-Roles', 'close;x, X-Auth-Subject',
    ]) {
      for (const path of ['/api/x', '/api/articles/x']) {
        const answer = await call(port, path, { headers: { ...ada.pair, Connection: named } })
        if (answer.status !== 400) {
          assertIdentity(answer, ada, 'editor')
          // Nor by whatever comes behind the proxy.
          assert.doesNotMatch(arrived(answer.json().rawHeaders, 'connection').join(), /x-auth/i)
        }
      }
    }
    for (const named of [
      'Origin', 'Origin, X-Forwarded-Method', ['close', 'Origin, X-Original-Method'], 'X-Original-Method',
    ]) {
      const headers = { ...ada.pair, ...EVIL, Connection: named }
      for (const method of ['POST', 'DELETE']) {
        const path = fresh('/api/')
        const { status } = await call(port, path, { method, headers })
        assert.ok([400, 403].includes(status), `${named}: ${status}`)
        assert.ok(!upstream.saw(path), `${named} has arrived`)
      }
      const { status } = await call(port, '/api/auth/logout', { method: 'POST', headers })
      assert.ok([400, 403].includes(status), `${named}, logout: ${status}`)
    }
    for (const harmless of ['close', 'keep-alive', 'Keep-Alive, Upgrade', 'TE, close', ['keep-alive', 'upgrade']]) {
      assertIdentity(await call(port, '/api/x', { headers: { ...ada.pair, Connection: harmless } }), ada, 'editor')
    }
  },

  async 'the client\'s own query asks for nothing, and goes on as it is'(stage) {
    const { port, bob } = stage
    for (const query of ['?page=2', '?role=admin', '?scope=x', '?']) {
      const answer = await call(port, `/api/x${query}`, { headers: bob.pair })
      assertIdentity(answer, bob, '')
      assert.equal(answer.json().url, `/api/x${query}`)
    }
    for (const query of ['?role=viewer', '?', '?role=']) {
      const path = `${fresh('/api/articles/')}${query}`
      await assertRefused(stage, path, { headers: bob.pair }, 403, 'forbidden')
    }
  },

  async 'a foreign page may read and not write, whatever it says of its method'(stage) {
    const { port, ada } = stage
    const foreign = { ...ada.pair, ...EVIL }
    for (const page of [foreign, { ...ada.pair, 'Sec-Fetch-Site': 'cross-site' }]) {
      assertIdentity(await call(port, '/api/x', { headers: page }), ada, 'editor')
      for (const lie of [
        {},
        { 'X-Forwarded-Method': 'GET' },
        { 'X-Original-Method': 'GET' },
        { 'X-Forwarded-Method': 'GET', 'X-Original-Method': 'GET' },
        { 'X_Forwarded_Method': 'GET', 'X-HTTP-Method-Override': 'GET' },
      ]) {
        for (const method of ['POST', 'PUT', 'DELETE']) {
          const options = { method, headers: { ...page, ...lie } }
          await assertRefused(stage, fresh('/api/'), options, 403, 'origin_not_allowed')
        }
      }
    }
    // Who claims to write, and reads, gains and loses nothing.
    const claim = { 'X-Forwarded-Method': 'POST', 'X-Original-Method': 'POST' }
    assertIdentity(await call(port, '/api/x', { headers: { ...foreign, ...claim } }), ada, 'editor')
    const own = { ...ada.pair, Origin: 'https://api.example.com' }
    assertIdentity(await call(port, '/api/x', { method: 'POST', headers: own }), ada, 'editor')
  },

  async 'bodies arrive whole, and long ones while they are sent'({ port, ada, upstream }) {
    const small = await call(port, '/api/x', { method: 'PUT', headers: ada.pair, body: 'a body' })
    assert.deepEqual([small.json().method, small.json().length], ['PUT', 6])
    const path = fresh('/api/uploads/')
    const pieces = Array.from({ length: 5 }, () => randomBytes(1 << 20))
    const until = async () => {
      for (let tries = 0; tries < 100 && !upstream.saw(`${path}#began`); tries++) await sleep(50)
      assert.ok(upstream.saw(`${path}#began`), 'nothing arrives before everything is sent')
    }
    const body = [pieces[0], until, ...pieces.slice(1)]
    const answer = await call(port, path, { method: 'POST', headers: ada.pair, body })
    assert.equal(answer.status, 200, answer.text)
    const sha256 = createHash('sha256').update(Buffer.concat(pieces)).digest('hex')
    assert.deepEqual([answer.json().length, answer.json().sha256], [5 << 20, sha256])
    const sized = { ...ada.pair, 'Content-Length': String(5 << 20) }
    const again = { method: 'POST', headers: sized, body: Buffer.concat(pieces) }
    assert.equal((await call(port, path, again)).json().sha256, sha256)
  },

  async 'a WebSocket is upgraded for a pair, and for a pair only'({ port, ada, upstream }) {
    const opened = await upgrade(port, '/api/live/x', ada.pair)
    assert.equal(opened.status, 101)
    const { said, rawHeaders } = opened.json()
    assert.equal(said, 'hello')
    assert.deepEqual(arrived(rawHeaders, 'x-auth-subject'), [ada.user])
    assertNoCredentials(rawHeaders)
    for (const [half, code] of [[ada.body, 'invalid_token'], [ada.jar, 'invalid_token'], [{}, 'unauthenticated']]) {
      const path = fresh('/api/live/')
      const refused = await upgrade(port, path, half)
      assert.deepEqual([refused.status, refused.json().code], [401, code])
      assert.ok(!upstream.saw(path))
    }
  },

  async 'nothing else is upgraded'({ port, ada }) {
    for (const protocol of ['h2c', 'websocket, h2c', 'h2c, websocket']) {
      const answer = await upgrade(port, '/api/live/x', ada.pair, protocol)
      assert.equal(answer.status, 200, `${protocol}: ${answer.text}`)
      assert.deepEqual(arrived(answer.json().rawHeaders, 'upgrade'), [])
    }
  },

  async 'what the API answers by itself stays as it is'({ port, ada }) {
    for (const status of [401, 403, 404, 500, 502, 503]) {
      const answer = await call(port, `/api/status/${status}`, { headers: ada.pair })
      assert.equal(answer.status, status)
      assert.equal(answer.json().url, `/api/status/${status}`)
    }
  },

  async 'no spelling of a path leads around the guard'(stage) {
    const { port, upstream } = stage
    for (const dots of ['/api/public/../', '/api/public/%2e%2e/', '/api/public/..%2f', '//api/', '/./api/',
      '/%61pi/', '/api/public/./../', '/x/../api/', '/api/public//../', '/api/articles/../',
      '/api/public/..;/articles/', '/api/public/..;x=y/', '/api/public/..%3B/', '/api/public/%2e%2e;/',
      '/api/public/..\\articles/', '/api/public/..%5carticles/', '/api/public/..%5C', '/api/public/..%255c',
      '/api/public/%252e%252e/', '/api/articles//../public/', '/api/public/x#/../../articles/', '/api/public/..%00/']) {
      const id = randomUUID()
      const answer = await call(port, dots + id)
      assert.ok(!upstream.saw(id), `${dots} has arrived`)
      // Refused, or taken for one of the page.
      if (answer.status === 200) assert.match(answer.text, /the page/)
    }
  },

  async 'the service itself and the page are there for anybody'({ port, plainPort, page, ada }) {
    assert.equal((await call(port, '/api/auth/me', { headers: ada.pair })).status, 200)
    assertProblem(await call(port, '/api/auth/me'), 401, 'unauthenticated')
    assert.ok((await call(port, '/.well-known/jwks.json')).json().keys.length > 0)
    assert.ok((await call(port, '/.well-known/oauth-authorization-server')).json().token_endpoint)
    assert.equal((await call(port, '/iam/oauth/token')).json().error, 'invalid_request')
    assert.match((await call(port, '/problems/forbidden')).text, /forbidden/)
    if (page) assert.match((await call(port, '/some/view', { headers: page })).text, /the page/)
    for (const path of ['/_tandem/signed-in', '/_tandem/editor']) {
      const answer = await call(port, path, { headers: ada.pair })
      assert.deepEqual(arrived(answer.rawHeaders, 'x-auth-subject'), [])
    }
    // In clear, a token must not even be sent on.
    for (const path of ['/api/x', '/iam/oauth/token', '/API/x', '/api']) {
      assert.equal((await callPlain(plainPort, path)).status, 403)
    }
    assert.notEqual((await callPlain(plainPort, '/')).status, 200)
  },

  async 'the client\'s address is the one that the proxy has seen'({ port, email }) {
    const [one, other] = [{ 'X-Forwarded-For': '192.0.2.6' }, { Forwarded: 'for=192.0.2.6' }]
    for (const lie of [one, other, { ...one, ...other }]) {
      const { session } = (await logIn(port, email, lie, '127.0.0.2')).json()
      assert.equal(session.ip, '127.0.0.2')
    }
  },

  async 'no credential is in the proxy\'s log'({ ada, accessLog, told }) {
    const secrets = [ada.body.Authorization.slice(7), ...ada.jar.Cookie.split('; ').map((pair) => pair.split('=')[1])]
    for (const secret of secrets) {
      assert.ok(secret.length > 40)
      assert.ok(!accessLog().includes(secret), 'a token is in the access log')
      assert.ok(!told().includes(secret), 'a token is in the error log')
    }
  },
}

/** With limits: the last to be run, for nobody logs in after it. */
export const limitChecks = {
  async 'passwords cannot be guessed without end'({ port }) {
    for (const path of ['/api/auth/login', '/api/auth/register', '/api/%61uth/register']) {
      const tries = Array.from({ length: 20 }, () => call(port, path, { method: 'POST', body: '{}' }))
      const statuses = (await Promise.all(tries)).map(({ status }) => status)
      assert.ok(statuses.includes(429), `${path}: ${statuses}`)
    }
    // Another spelling does not reach the service at all.
    const other = await call(port, '/api/auth//login', { method: 'POST', body: '{}' })
    assert.deepEqual([other.status, other.headers['content-type']], [400, 'text/html'])
    assertProblem(await call(port, '/api/auth/me'), 401, 'unauthenticated')
  },
}

/** For a page on a sibling host. */
export const siblingChecks = {
  async 'preflights are answered by the service, for its pages only'({ port, upstream }) {
    const ask = { 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'authorization' }
    for (const folder of ['/api/', '/api/articles/', '/api/auth/']) {
      const path = fresh(folder)
      const headers = { ...ask, Origin: 'https://ui.example.com' }
      const answer = await call(port, path, { method: 'OPTIONS', headers })
      assert.equal(answer.status, 204)
      assertReadable(answer)
      assert.match(answer.headers['access-control-allow-headers'], /Authorization/)
      if (folder !== '/api/auth/') assert.match(answer.headers['access-control-allow-methods'], /PUT/)
      assert.equal(arrived(answer.rawHeaders, 'access-control-allow-methods').length, 1)
      const refused = await call(port, path, { method: 'OPTIONS', headers: { ...ask, ...EVIL } })
      assert.equal(refused.status, 403)
      assertUnreadable(refused)
      assert.ok(!upstream.saw(path))
    }
  },

  async 'every answer can be read by its pages, and by no others'({ port, ada, bob }) {
    const page = { Origin: 'https://ui.example.com', 'Sec-Fetch-Site': 'same-site' }
    for (const [path, who, status] of [
      ['/api/x', ada.pair, 200], ['/api/articles/x', ada.pair, 200], ['/api/auth/me', ada.pair, 200],
      ['/api/x', ada.jar, 401], ['/api/articles/x', bob.pair, 403], ['/api/auth/me', {}, 401],
      ['/api/status/500', ada.pair, 500],
    ]) {
      const answer = await call(port, path, { headers: { ...who, ...page } })
      assert.equal(answer.status, status, path)
      assertReadable(answer)
      assertUnreadable(await call(port, path, { headers: { ...who, ...EVIL } }))
    }
    const post = { method: 'POST', headers: { ...ada.pair, ...page }, body: 'x' }
    assertIdentity(await call(port, '/api/x', post), ada, 'editor')
  },
}

function assertReadable(answer) {
  const lines = (name) => arrived(answer.rawHeaders, `access-control-allow-${name}`)
  assert.deepEqual([lines('origin'), lines('credentials')], [['https://ui.example.com'], ['true']])
  assert.match(arrived(answer.rawHeaders, 'vary').join(), /Origin/)
}

function assertUnreadable(answer) {
  assert.deepEqual(arrived(answer.rawHeaders, 'access-control-allow-origin'), [])
}

/** The API does not answer. */
export const deafChecks = {
  async 'an API that is down is not taken for the guard'(stage) {
    const { port, ada } = stage
    for (const path of ['/api/x', '/api/articles/x', '/api/public/x']) {
      const answer = await call(port, path, { headers: ada.pair })
      assert.ok([502, 503].includes(answer.status), String(answer.status))
      assert.notEqual(answer.headers['content-type'], 'application/problem+json')
    }
    await assertRefused(stage, fresh('/api/'), { headers: ada.jar }, 401, 'invalid_token')
  },
}

/** The service does not answer, or there is none. */
export const darkChecks = {
  async 'without the service there is no open door'(stage) {
    const { port, ada, upstream } = stage
    for (const options of [{ headers: ada.pair }, {}, { method: 'POST', headers: ada.pair, body: 'x' }]) {
      for (const folder of ['/api/', '/api/articles/', '/api/uploads/', '/api/page.html?']) {
        const path = fresh(folder)
        const answer = await call(port, path, options)
        assertProblem(answer, 503, 'unavailable')
        assert.equal(answer.headers['retry-after'], '1')
        assert.ok(!upstream.saw(path), 'a request has arrived unasked')
      }
    }
    const path = fresh('/api/live/')
    assert.equal((await upgrade(port, path, ada.pair)).status, 503)
    assert.ok(!upstream.saw(path))
  },

  async 'what nobody guards goes on'({ port, page, ada }) {
    assert.equal((await call(port, '/api/public/x')).status, 200)
    if (page) assert.match((await call(port, '/', { headers: page })).text, /the page/)
    assertProblem(await call(port, '/api/auth/me', { headers: ada.pair }), 503, 'unavailable')
  },
}

/** It hangs: every request takes until the proxy gives up, so there is one of them. */
export const hangChecks = {
  async 'a service that says nothing lets nobody through'({ port, ada, upstream }) {
    const path = fresh('/api/')
    assertProblem(await call(port, path, { headers: ada.pair }), 503, 'unavailable')
    assert.ok(!upstream.saw(path))
  },
}

export async function people({ port, emails }) {
  return { ada: await login(port, emails.ada), bob: await login(port, emails.bob) }
}
