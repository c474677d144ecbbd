// Loads the built package the way a server does: plain Node, no DOM. Nothing may happen by that, and a client
// that is made there does nothing either.
//
//   npm run build && node tests/package/import.mjs

import assert from 'node:assert/strict'

const before = Object.getOwnPropertyNames(globalThis)
for (const name of ['window', 'document', 'indexedDB', 'location']) assert.ok(!(name in globalThis), name)

const core = await import('@tandem-auth/client')
assert.deepEqual(Object.keys(core).sort(), ['AuthError', 'createAuthClient', 'isAuthError', 'safeReturnTo'])
const testing = await import('@tandem-auth/client/testing')
assert.equal(typeof testing.fakeAuthServer, 'function')
await import('@tandem-auth/client/react')
assert.deepEqual(Object.getOwnPropertyNames(globalThis), before, 'an import has left something global behind')
assert.deepEqual(handles(), [], 'an import has started something')

for (const mode of ['dual', 'session']) {
  const client = core.createAuthClient({ mode, fetch: () => assert.fail('a request') })
  assert.deepEqual(client.getState(), { status: 'booting' })
  client.on('signedIn', () => {})
  assert.equal(client.getState(), client.getState())
}
assert.deepEqual(handles(), [], 'making a client has started something')
console.log('the package loads without a DOM, and does nothing')

function handles() {
  return process.getActiveResourcesInfo().filter((kind) => !/^(TTYWrap|PipeWrap|FSReqPromise|CloseReq)$/.test(kind))
}
