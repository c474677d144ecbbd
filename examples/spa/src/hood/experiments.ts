import { isAuthError } from '@tandem-auth/client'
import { auth, flow, service } from '../auth'
import { byHand } from './watch'

const ME = `${service}/api/auth/me`
/** The service forgives clocks that differ by this much. */
const LEEWAY_MS = 6000

/** What came of it, in one sentence. */
export type Outcome = { good: boolean; text: string }

export interface Experiment {
  name: string
  about: string
  run: (wait: (until: number) => Promise<void>) => Promise<Outcome>
}

async function refused(answer: Response, why: string): Promise<Outcome> {
  if (answer.status !== 401) return { good: false, text: `Answered ${answer.status}. That should not have happened.` }
  const { code } = (await answer.json()) as { code: string }
  return { good: true, text: `Refused: 401 ${code}. ${why}` }
}

const call: Experiment = {
  name: 'Call “me”',
  about: 'Both halves, as the app does it.',
  async run() {
    const answer = await auth.fetch(ME)
    return { good: answer.ok, text: answer.ok ? 'Answered: both halves were there.' : `Answered ${answer.status}.` }
  },
}

const bodyAlone: Experiment = {
  name: 'The body half alone',
  about: 'What somebody has who copied the page’s storage.',
  async run() {
    const token = await auth.getAccessToken()
    return refused(await byHand(ME, { token, cookies: false }), 'The cookie half was missing.')
  },
}

const cookieAlone: Experiment = {
  name: 'The cookie half alone',
  about: flow === 'dual' ? 'What a forged request has, or a copied cookie jar.' : 'What a forged request has.',
  async run() {
    const answer = await byHand(ME, { token: null, cookies: true })
    return refused(answer, 'The body half was missing; no browser adds it by itself.')
  },
}

const renewNow: Experiment = {
  name: 'Renew now',
  about: 'Instead of shortly before the end.',
  async run() {
    const before = generation()
    await renew()
    const text = 'Renewed. Within 30 s the refresh token is sent again, so the generation stays.'
    return { good: true, text: before && before === generation() ? text : 'Renewed.' }
  },
}

const expired: Experiment = {
  name: 'A token that has expired',
  about: 'Keeps this token, waits, and sends it by hand.',
  async run(wait) {
    const token = await auth.getAccessToken()
    const state = auth.getState()
    if (state.status === 'authenticated') await wait(state.accessExpiresAt + LEEWAY_MS)
    const answer = await byHand(ME, { token, cookies: true })
    return refused(answer, 'The app never sees this: its client renews in time, or renews and repeats.')
  },
}

const forget: Experiment = {
  name: 'Delete the page’s half',
  about: 'As a browser does that clears its storage.',
  async run() {
    await clearStorage()
    // The client has the half in memory, too, until it looks.
    const gone = await renew().then(() => false, (error) => isAuthError(error) && error.code === 'signed_out')
    return gone
      ? { good: true, text: 'Signed out: the cookie half alone is of no use.' }
      : { good: false, text: 'Still signed in. That should not have happened.' }
  },
}

export const experiments = [call, bodyAlone, cookieAlone, renewNow, expired, ...(flow === 'dual' ? [forget] : [])]

/** Past the client, which is not asked. The name is that of its record. */
function clearStorage() {
  return new Promise<void>((resolve, reject) => {
    const opening = indexedDB.open('tandem')
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const step = opening.result.transaction('half', 'readwrite')
      step.objectStore('half').clear()
      step.oncomplete = () => {
        opening.result.close()
        resolve()
      }
    }
  })
}

/** In the session flow nothing rotates, and there is none. */
function generation() {
  const state = auth.getState()
  return state.status === 'authenticated' ? state.generation : null
}

/** Asks for a token that lives longer than the one there is. */
function renew() {
  const state = auth.getState()
  const left = state.status === 'authenticated' ? (state.accessExpiresAt - Date.now()) / 1000 : 0
  return auth.getAccessToken({ minValiditySeconds: Math.ceil(left) + 1 })
}
