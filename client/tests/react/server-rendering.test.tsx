// @vitest-environment jsdom
import { act } from '@testing-library/react'
import { StrictMode, Suspense, lazy, startTransition, useState } from 'react'
import { hydrateRoot, type Root } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AuthProvider, RequireAuth, useSession, useUser } from '../../src/react/index.js'
import { aUser, authenticated, createFakeAuthClient, unauthenticated } from '../../src/testing/index.js'
import { createAuthClient, type AuthClient } from '../../src/index.js'

const faults = vi.fn()
let root: Root | undefined
beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(faults)
  faults.mockReset()
})
afterEach(() => act(() => root?.unmount()))

const Name = () => <p>{useUser().email}</p>
const Status = () => <i>{useSession().status}</i>

function app(client: AuthClient, splash = <p>one moment</p>, onLoginRequired = () => {}) {
  return (
    <StrictMode>
      <AuthProvider client={client}>
        <Status />
        <RequireAuth splash={splash} onLoginRequired={onLoginRequired} children={<Name />} />
      </AuthProvider>
    </StrictMode>
  )
}

function page(html: string) {
  document.body.innerHTML = `<div id="root">${html}</div>`
  return document.getElementById('root')!
}

test('a server sends the splash, whoever is signed in, and asks for nothing', () => {
  const onLoginRequired = vi.fn()
  for (const state of [authenticated(), unauthenticated()]) {
    const html = renderToString(app(createFakeAuthClient(state), undefined, onLoginRequired))
    expect(html).toBe('<i>booting</i><p>one moment</p>')
  }
  expect(onLoginRequired).not.toHaveBeenCalled()
})

test('the real client asks nothing on a server', () => {
  const fetch = vi.fn()
  const client = createAuthClient({ mode: 'session', baseUrl: 'https://auth.example', fetch })
  expect(renderToString(app(client, <></>))).toBe('<i>booting</i>')
  expect(fetch).not.toHaveBeenCalled()
  client.dispose()
})

test.each([
  [authenticated(), '<i>authenticated</i><p>ada@example.com</p>'],
  [unauthenticated(), '<i>unauthenticated</i><p>one moment</p>'],
])('what it sent is taken over without a mismatch: $status', async (state, after) => {
  const client = createFakeAuthClient(state)
  const container = page(renderToString(app(client)))
  const wrong = vi.fn()
  await act(async () => {
    root = hydrateRoot(container, app(client), { onRecoverableError: wrong })
  })
  expect(container.innerHTML).toBe(after)
  expect([wrong, faults].flatMap((it) => it.mock.calls)).toEqual([])
})

test('the splash of the package is taken over too, and says nothing at first', async () => {
  const client = createFakeAuthClient(authenticated())
  const withSplash = (
    <AuthProvider client={client}>
      <RequireAuth login={null} children={<Name />} />
    </AuthProvider>
  )
  const html = renderToString(withSplash)
  expect(html).toBe('<div><p role="status"></p></div>')
  const container = page(html)
  await act(async () => {
    root = hydrateRoot(container, withSplash)
  })
  expect(container.innerHTML).toBe('<p>ada@example.com</p>')
  expect(faults).not.toHaveBeenCalled()
})

test('a change while a part is still being hydrated tears nothing', async () => {
  const client = createFakeAuthClient(unauthenticated())
  let arrive = (_: { default: typeof Status }) => {}
  const Late = lazy(() => new Promise<{ default: typeof Status }>((resolve) => (arrive = resolve)))
  const tree = (Part: typeof Status | typeof Late) => (
    <AuthProvider client={client}>
      <Status />
      <Suspense fallback="…">
        <Part />
      </Suspense>
    </AuthProvider>
  )
  const container = page(renderToString(tree(Status)))
  const wrong = vi.fn()
  await act(async () => {
    root = hydrateRoot(container, tree(Late), { onRecoverableError: wrong })
  })
  await act(async () => client.set(authenticated()))
  await act(async () => arrive({ default: Status }))
  expect(container.textContent).toBe('authenticatedauthenticated')
  expect(wrong).not.toHaveBeenCalled()
})

test('parts drawn in a transition agree with each other when the state changes under them', async () => {
  const client = createFakeAuthClient(authenticated({ user: aUser({ id: '1', email: 'one@example.com' }) }))
  const torn = vi.fn()
  const Slow = () => {
    const user = useUser()
    const until = performance.now() + 12 // longer than React draws in one go
    while (performance.now() < until);
    return <p>{user.email}</p>
  }
  let open = (_: boolean) => {}
  function Page() {
    const [shown, setShown] = useState(false)
    open = setShown
    return shown ? Array.from({ length: 8 }, (_, n) => <Slow key={n} />) : <p>closed</p>
  }
  const tree = (
    <AuthProvider client={client}>
      <RequireAuth login={<p>login</p>} children={<Page />} />
    </AuthProvider>
  )
  const container = page('')
  const { createRoot } = await import('react-dom/client')
  root = createRoot(container)
  await act(async () => root!.render(tree))
  new MutationObserver(() => {
    if (new Set([...container.querySelectorAll('p')].map((p) => p.textContent)).size > 1) torn()
  }).observe(container, { childList: true, subtree: true, characterData: true })

  // Without `act`, which would draw all of it in one go.
  startTransition(() => open(true))
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(container.textContent).toBe('closed') // it is at it
  client.set(authenticated({ user: aUser({ id: '1', email: 'two@example.com' }) }))
  await vi.waitFor(() => expect(container.textContent).toBe('two@example.com'.repeat(8)))
  expect(torn).not.toHaveBeenCalled()
})
