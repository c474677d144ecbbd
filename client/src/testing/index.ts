export { createFakeAuthClient } from './fake-client.js'
export type { FakeAuthClient } from './fake-client.js'
export { aSession, aUser, authenticated, booting, unauthenticated, unreachable } from './states.js'
