// @vitest-environment jsdom
// The other recipes of docs/spa, run as they are written there.
import { QueryClientProvider, useQuery } from '@tanstack/react-query'
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { StrictMode, type ReactNode } from 'react'
import { createMemoryRouter, RouterProvider, type RouteObject } from 'react-router'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AuthError } from '@tandem-auth/client'
import { AuthProvider, RequireAuth } from '@tandem-auth/client/react'
import {
  aUser, authenticated, booting, createFakeAuthClient, unauthenticated, unreachable, type FakeAuthClient,
} from '@tandem-auth/client/testing'
import { auth } from './auth'
import { Guarded as FullPage } from './full-page'
import { articlesRoute } from './articles-route'
import { Login } from './login'
import { routes as withLoginRoute } from './login-route'
import { Notices } from './notice'
import { getJson, queryClient } from './queries'
import { routes } from './routes'
import { Guarded as WithSplash } from './splash'

// One for the module `auth`, as an application has it.
vi.mock('./auth', () => ({ auth: createFakeAuthClient(undefined, { fetch: (...args) => answer(...args) }) }))
const client = auth as FakeAuthClient
let answer: typeof fetch

beforeEach(() => {
  sessionStorage.clear()
  client.set(unauthenticated())
  answer = async () => Response.json([])
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

const show = (children: ReactNode) =>
  render(
    <StrictMode>
      <AuthProvider client={client}>{children}</AuthProvider>
    </StrictMode>,
  )

function open(all: RouteObject[], path: string) {
  const router = createMemoryRouter(all, { initialEntries: [path] })
  // What a browser's router does by itself.
  router.subscribe(({ location }) => history.replaceState(null, '', location.pathname + location.search))
  history.replaceState(null, '', path)
  show(<RouterProvider router={router} />)
  return () => router.state.location.pathname + router.state.location.search
}

async function signIn() {
  fireEvent.change(screen.getByLabelText('E-mail'), { target: { value: 'grace@example.com' } })
  fireEvent.change(screen.getByLabelText('Password'), { target: { value: 'a password' } })
  fireEvent.click(screen.getByRole('button', { name: 'Sign in' }))
  await screen.findByText('Hello grace@example.com')
}

test('routes: the login in place of a guarded page', async () => {
  const at = open(routes, '/profile?tab=2')
  await signIn()
  expect(at()).toBe('/profile?tab=2')
})

test('routes: pages for anybody are', () => {
  open(routes, '/')
  screen.getByText('Welcome')
})

test('login-route: to the login and back to where it was asked for', async () => {
  const at = open(withLoginRoute, '/profile?tab=2')
  await waitFor(() => expect(at()).toBe('/login?to=%2Fprofile%3Ftab%3D2'))
  await signIn()
  expect(at()).toBe('/profile?tab=2')
})

test('login-route: nobody is sent to another site', async () => {
  const at = open([...withLoginRoute, { path: '/', element: <p>home</p> }], '/login?to=https://evil.example')
  await act(() => client.signIn({ email: 'a', password: 'b' }))
  expect(at()).toBe('/')
})

test('router: the routes are mounted', async () => {
  history.replaceState(null, '', '/')
  const { Pages } = await import('./router')
  show(<Pages />)
  screen.getByText('Welcome')
})

// The loader's route is where the page says: among the children of the guard.
const [loginPage, guard] = withLoginRoute as [RouteObject, RouteObject]
const withArticles = [loginPage, { ...guard, children: [...guard.children!, articlesRoute] }] as RouteObject[]

test('loader: waits for the session, then loads or goes to the login', async () => {
  client.set(booting())
  const at = open(withArticles, '/articles?open=1')
  await act(async () => client.set(unauthenticated()))
  await screen.findByRole('button', { name: 'Sign in' })
  expect(at()).toBe('/login?to=%2Farticles%3Fopen%3D1')
  cleanup()

  let send = (_: Response) => {}
  answer = () => new Promise((done) => (send = done))
  client.set(authenticated())
  open(withArticles, '/articles')
  screen.getByText('Loading…')
  await waitFor(() => expect(client.calls.fetch).not.toEqual([]))
  send(Response.json([{ id: 'article 7' }]))
  await screen.findByText('article 7')
})

test('loader: a refusal, or no service, is shown below the guard', async () => {
  client.set(authenticated())
  for (const broken of [async () => Response.json([], { status: 500 }), () => Promise.reject(new AuthError('network'))]) {
    answer = broken
    open(withArticles, '/articles')
    await screen.findByText('The articles could not be loaded.')
    cleanup()
  }
})

test('login: what is wrong, and why nobody is signed in', async () => {
  const signIn = () => Promise.reject(new AuthError('protocol'))
  const other = createFakeAuthClient(unauthenticated('cookies_blocked'), { signIn })
  render(<AuthProvider client={other}><Login /></AuthProvider>)
  screen.getByText('Your browser did not keep the cookie that signs you in.')
  fireEvent.change(screen.getByLabelText('E-mail'), { target: { value: 'grace@example.com' } })
  fireEvent.change(screen.getByLabelText('Password'), { target: { value: 'a password' } })
  fireEvent.click(screen.getByRole('button', { name: 'Sign in' }))
  await screen.findByText('That did not work (protocol).')
})

test('full-page: leaves for the login once', () => {
  const assign = vi.fn()
  vi.stubGlobal('location', { origin: location.origin, pathname: '/articles', search: '?open=1', hash: '', assign })
  show(<FullPage>inside</FullPage>)
  expect(assign).toHaveBeenCalledExactlyOnceWith('/login?to=%2Farticles%3Fopen%3D1')
})

test('queries: an error that may pass is tried again, any other is not', async () => {
  const Broken = ({ error }: { error: Error }) => {
    const queryFn = async () => Promise.reject(error)
    const { isError } = useQuery({ queryKey: [error.message], queryFn, retryDelay: 0 })
    return isError && <p>given up</p>
  }
  for (const [error, tries] of [
    [new AuthError('signed_out'), 1],
    [new AuthError('network'), 3],
    [new Error('articles answered 500'), 3],
  ] as const) {
    render(<QueryClientProvider client={queryClient}><Broken error={error} /></QueryClientProvider>)
    await screen.findByText('given up')
    expect(queryClient.getQueryCache().find({ queryKey: [error.message] })!.state.errorUpdateCount).toBe(1)
    expect(queryClient.getQueryState([error.message])!.fetchFailureCount).toBe(tries)
    cleanup()
  }
})

test('queries: nothing is left of one user for the next one', () => {
  queryClient.setQueryData(['articles'], ['article 7'])
  client.emit('userChanged', { from: aUser({ id: '1' }), to: aUser({ id: '2' }) })
  expect(queryClient.getQueryData(['articles'])).toBeUndefined()
})

test('queries: an answer that is none throws', async () => {
  answer = async () => new Response(null, { status: 500 })
  await expect(getJson('/api/articles')).rejects.toThrow('/api/articles answered 500')
})

test('notice: no connection, and a session that was ended', () => {
  client.set(authenticated())
  show(<Notices />)
  expect(screen.getByRole('status').textContent).toBe('')
  act(() => client.set(unreachable({ user: aUser() })))
  screen.getByText('No connection. What you see may be old.')
  act(() => {
    client.set(unauthenticated('session_ended'))
    client.emit('signedOut', { reason: 'session_ended', origin: 'here' })
  })
  screen.getByText('Your session was ended, here or on another device.')
  act(() => client.emit('signedIn', { user: aUser(), origin: 'here' }))
  expect(screen.queryByText(/was ended/)).toBeNull()
})

test('splash: in another language', () => {
  client.set(unreachable({ retryAt: Date.now() + 4500 }))
  show(<WithSplash>inside</WithSplash>)
  expect(document.querySelector('.splash')!.textContent).toBe('Keine Verbindung zum Dienst.Nächster Versuch in 5 sJetzt versuchen')
})

test('a query under a guard is not asked before somebody is signed in', async () => {
  const { Articles } = await import('./articles')
  answer = vi.fn(async () => Response.json([{ id: 'article 7' }]))
  client.set(booting())
  show(
    <QueryClientProvider client={queryClient}>
      <RequireAuth login={null}><Articles /></RequireAuth>
    </QueryClientProvider>,
  )
  expect(answer).not.toHaveBeenCalled()
  act(() => client.set(authenticated()))
  await screen.findByText('article 7')
})
