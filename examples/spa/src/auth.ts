import { createAuthClient, type paths } from '@tandem-auth/client'
import createClient from 'openapi-fetch'

export type Flow = 'dual' | 'session'

/** `?flow=session` or `?flow=dual`, remembered for the next visit. */
function chosenFlow(): Flow {
  const asked = new URLSearchParams(location.search).get('flow')
  if (asked === 'dual' || asked === 'session') localStorage.setItem('flow', asked)
  return localStorage.getItem('flow') === 'session' ? 'session' : 'dual'
}

export const flow = chosenFlow()

/** On sibling hosts the page is at `ui.` and the service at `api.`; otherwise they share one origin. */
export const service = location.origin.replace('//ui.', '//api.')

export const auth = createAuthClient({ mode: flow, baseUrl: service })

/** All operations of the service, with the types of its own description. */
export const api = createClient<paths>({ baseUrl: service, fetch: auth.fetch })
