import { createAuthClient, type paths } from '@tandem-auth/client'
import createClient from 'openapi-fetch'
import { logEvents } from './hood/events'
import { watchedFetch } from './hood/watch'

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

// An app of yours needs neither `fetch` nor the events: both are for the panel “Under the hood”.
export const auth = createAuthClient({ mode: flow, baseUrl: service, fetch: watchedFetch })
logEvents(auth)

/** All operations of the service, with the types of its own description. */
export const api = createClient<paths>({ baseUrl: service, fetch: auth.fetch })
