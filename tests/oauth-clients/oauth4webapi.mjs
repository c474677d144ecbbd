// The service as oauth4webapi sees it. It checks by itself what it receives: media types, the members of
// every answer, the issuer, and of a token everything that RFC 9068 section 4 demands.

import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'

// Older Node knows it by another name.
globalThis.crypto ??= webcrypto
const oauth = await import('oauth4webapi')

const loopback = { [oauth.allowInsecureRequests]: true }

/** Everything that a machine does, with clients that the caller has made. */
export async function useService({ issuer, scopes, secretive, signing, key, bare }) {
  const as = await discover(issuer)
  const client = { client_id: secretive.client_id }
  const signer = { client_id: signing.client_id }
  const secret = secretive.client_secret
  const privateKey = await crypto.subtle.importKey('jwk', key, 'Ed25519', false, ['sign'])
  const byKey = () => oauth.PrivateKeyJwt(privateKey)
  for (const [who, proof] of [
    [client, () => oauth.ClientSecretBasic(secret)],
    [client, () => oauth.ClientSecretPost(secret)],
    [signer, byKey],
  ]) {
    await useToken(as, who, proof, scopes)
  }
  await isRefused(as, client, secretive, signer, privateKey)
  const nothing = await token(as, { client_id: bare.client_id }, oauth.ClientSecretBasic(bare.client_secret))
  assert.equal(nothing.scope, undefined)
}

async function discover(issuer) {
  const url = new URL(issuer)
  const response = await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...loopback })
  const as = await oauth.processDiscoveryResponse(url, response)
  assert.equal(as.issuer, issuer)
  return as
}

async function token(as, client, proof, parameters = {}) {
  const response = await oauth.clientCredentialsGrantRequest(as, client, proof, parameters, loopback)
  return oauth.processClientCredentialsResponse(as, client, response)
}

/** A token from its beginning to its end. */
async function useToken(as, client, proof, scopes) {
  const issued = await token(as, client, proof())
  assert.deepEqual([issued.token_type, issued.expires_in], ['bearer', 600])
  assert.equal(issued.scope, scopes.join(' '))
  assert.equal(issued.refresh_token, undefined)
  const narrow = await token(as, client, proof(), { scope: 'orders:read' })
  assert.equal(narrow.scope, 'orders:read')

  const claims = await verify(as, issued.access_token)
  assert.deepEqual([claims.sub, claims.client_id, claims.scope], [client.client_id, client.client_id, issued.scope])

  const said = await introspect(as, client, proof(), issued.access_token)
  assert.equal(said.active, true)
  for (const name of ['iss', 'sub', 'aud', 'client_id', 'scope', 'iat', 'exp', 'jti']) {
    assert.equal(said[name], claims[name], name)
  }
  const response = await oauth.revocationRequest(as, client, proof(), issued.access_token, loopback)
  await oauth.processRevocationResponse(response)
  assert.deepEqual(await introspect(as, client, proof(), issued.access_token), { active: false })
  assert.equal((await introspect(as, client, proof(), narrow.access_token)).active, true)
}

/** What an API does with the token of a request. */
async function verify(as, accessToken) {
  const headers = { authorization: `Bearer ${accessToken}` }
  const request = new Request('https://api.example.com/orders', { headers })
  return oauth.validateJwtAccessToken(as, request, 'tandem', loopback)
}

async function introspect(as, client, proof, accessToken) {
  const response = await oauth.introspectionRequest(as, client, proof, accessToken, loopback)
  return oauth.processIntrospectionResponse(as, client, response)
}

/** The refusals, as the library reports them. */
async function isRefused(as, client, secretive, signer, privateKey) {
  const wrong = 'tdm_sec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
  const good = () => oauth.ClientSecretBasic(secretive.client_secret)
  const isError = (status, error) => (thrown) => {
    assert.ok(thrown instanceof oauth.ResponseBodyError, thrown)
    assert.deepEqual([thrown.status, thrown.error], [status, error])
    assert.ok(thrown.error_description)
    return true
  }
  await assert.rejects(token(as, client, good(), { scope: 'orders:write' }), isError(400, 'invalid_scope'))
  await assert.rejects(token(as, client, oauth.ClientSecretPost(wrong)), isError(401, 'invalid_client'))
  await assert.rejects(token(as, client, oauth.None()), isError(401, 'invalid_client'))
  await assert.rejects(token(as, client, oauth.ClientSecretBasic(wrong)), (thrown) => {
    assert.ok(thrown instanceof oauth.WWWAuthenticateChallengeError, thrown)
    const [challenge, ...others] = thrown.cause
    assert.deepEqual([thrown.status, challenge.scheme, others], [401, 'basic', []])
    assert.equal(challenge.parameters.realm, 'tandem')
    return true
  })
  // Another algorithm than the key set has, another audience, a used assertion.
  const { privateKey: rsa } = await crypto.subtle.generateKey(
    { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
    false,
    ['sign', 'verify'],
  )
  await assert.rejects(token(as, signer, oauth.PrivateKeyJwt(rsa)), isError(401, 'invalid_client'))
  const changed = (name, value) =>
    oauth.PrivateKeyJwt(privateKey, { [oauth.modifyAssertion]: (_, claims) => { claims[name] = value } })
  await assert.rejects(token(as, signer, changed('aud', 'https://other.example')), isError(401, 'invalid_client'))
  await token(as, signer, changed('jti', 'once'))
  await assert.rejects(token(as, signer, changed('jti', 'once')), isError(401, 'invalid_client'))
  await token(as, signer, changed('aud', as.token_endpoint))

  const response = await oauth.revocationRequest(as, client, good(), secretive.client_secret, loopback)
  await assert.rejects(oauth.processRevocationResponse(response), isError(400, 'unsupported_token_type'))
}
