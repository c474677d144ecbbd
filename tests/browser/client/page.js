// The page under test: a client and nothing else. Its address says which: /dual or /session, and options.

import { createAuthClient, safeReturnTo } from '../../../client/src/index.ts'

const { pathname, search } = location
const { store, api } = Object.fromEntries(new URLSearchParams(search))
const mode = pathname.startsWith('/session') ? 'session' : 'dual'

window.auth = createAuthClient({ mode, ...(store && { store }), ...(api && { baseUrl: api }) })
window.safeReturnTo = safeReturnTo

// What the page has been told, from its first moment on.
window.states = []
window.told = []
const note = () => {
  const state = window.auth.getState()
  window.states.push(state)
  document.getElementById('root').textContent = state.user?.email ?? state.status
  if (state.status === 'unauthenticated' && window.states.length > 1) window.noteSignOut?.(state.reason)
}
note()
window.auth.subscribe(note)
for (const name of ['signedIn', 'signedOut', 'userChanged', 'renewed', 'renewFailed']) {
  window.auth.on(name, (event) => window.told.push({ name, at: Date.now(), ...event }))
}

/** A call, told in a form that leaves the page. */
window.call = async (path, options) => {
  try {
    const answer = await window.auth.fetch(path, options)
    return { status: answer.status, text: await answer.text() }
  } catch (error) {
    return { error: error.code ?? String(error) }
  }
}

/** Any other promise of the client, in the same form. */
window.outcome = (promise) => promise.then((value) => ({ value }), (error) => ({ error: error.code ?? String(error) }))
