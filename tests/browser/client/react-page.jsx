// The page of the React tests, in StrictMode and as a development build: two guards, of which nobody must
// notice that they are two. Its address says which flow and where the login is.

import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createAuthClient } from '../../../client/src/index.ts'
import { AuthProvider, RequireAuth, Splash, useUser } from '../../../client/src/react/index.tsx'

const { mode, login } = Object.fromEntries(new URLSearchParams(location.search))
window.auth = createAuthClient({ mode })
window.asked = []

/** Everything that is shown, one after the other. */
window.shown = []
const root = document.getElementById('root')
new MutationObserver(() => {
  const text = root.innerText.replaceAll(/\s+/g, ' ').trim()
  if (text !== window.shown.at(-1)) window.shown.push(text)
}).observe(root, { subtree: true, childList: true, characterData: true })

function askForLogin({ returnTo, reason }) {
  window.asked.push({ returnTo, reason })
  if (login) location.assign(`${login}?returnTo=${encodeURIComponent(returnTo)}`)
}

function Guarded({ what }) {
  return (
    <RequireAuth splash={<Splash />} offline={<Splash />} onLoginRequired={askForLogin}>
      <Inside what={what} />
    </RequireAuth>
  )
}

function Inside({ what }) {
  return <p>{what} of {useUser().email}</p>
}

createRoot(root).render(
  <StrictMode>
    <AuthProvider client={window.auth}>
      <Guarded what="mail" />
      <Guarded what="files" />
    </AuthProvider>
  </StrictMode>,
)
