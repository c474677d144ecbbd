// Frames, messages, and what one window can see of another.

import { appWindow, heist, journal, pause, setup, verdict, visits } from '../stage.js'

const FORBIDDEN = /frame-ancestors 'none'|X-Frame-Options: DENY/i

/** Frames are drawn for people to see; whether they are refused is in the answer's headers. */
export async function framing() {
  const wanted = [`${setup.app}/`, `${setup.service}/docs`, `${setup.service}/problems/invalid-token`]
  const { pages } = await heist('framable', { pages: wanted })
  document.getElementById('frames').replaceChildren(...pages.map(({ url }) => frame(url)))
  return verdict(pages.map(({ url, status, policy }) => ({
    what: `a frame of ${url}`, got: policy, in: status !== 200 || !FORBIDDEN.test(policy),
  })))
}

const frame = (src) =>
  Object.assign(document.createElement('iframe'), { src, title: `The attacker’s frame of ${src}` })

/** In the words of the client's own signals, and in those of many other libraries. */
const WORDS = [
  'out', { type: 'signOut' }, { type: 'signed-out' }, { kind: 'signedOut', reason: 'signed_out' },
  { type: 'tandem', action: 'refresh' }, { version: 1, generation: 99, access: 'x', refresh: 'x' },
]

export async function messages() {
  const { end } = await journal()
  const told = []
  const hear = ({ origin }) => { if (origin === setup.app) told.push(origin) }
  window.addEventListener('message', hear)
  for (const word of WORDS) appWindow().postMessage(word, '*')
  for (const name of ['tandem', 'tandem:half']) new BroadcastChannel(name).postMessage({ type: 'signedOut' })
  await pause(1500)
  window.removeEventListener('message', hear)
  const { entries } = await journal(end)
  const ended = entries.filter(({ path, method }) => path.endsWith('logout') && method === 'POST')
  const heard = {
    what: `${WORDS.length} messages to the app’s window`,
    got: `${told.length} replies, ${ended.length} sign-outs`,
    in: told.length + ended.length > 0,
  }
  return verdict([
    heard,
    ...['document', 'localStorage', 'sessionStorage', 'indexedDB', 'name'].map(reading),
  ])
}

function reading(property) {
  try {
    return { what: `reads ${property} of the app’s window`, got: typeof appWindow()[property], in: true }
  } catch (error) {
    return { what: `reads ${property} of the app’s window`, got: error.name, in: false }
  }
}

const NAMES = ['returnTo', 'return_to', 'next', 'redirect', 'url']

export async function addresses() {
  const caught = `${location.host}/caught`
  const script = 'javascript:opener.postMessage("caught","*")'
  let ran = 0
  const hear = ({ data }) => { if (data === 'caught') ran += 1 }
  window.addEventListener('message', hear)
  const { count } = await visits()
  for (const address of [`//${caught}`, `https://${caught}`, `/\\${caught}`, script]) {
    const query = new URLSearchParams(NAMES.map((name) => [name, address]))
    appWindow().location = `${setup.app}/sessions?${query}#${address}`
    await pause(1200)
  }
  window.removeEventListener('message', hear)
  appWindow().location = setup.app
  const after = await visits()
  const { entries } = await journal()
  const leaks = after.leaks + entries.filter(({ leak }) => leak).length
  return verdict([
    {
      what: 'return addresses elsewhere',
      got: `${after.caught} visits, ${ran} scripts run`,
      in: after.caught + ran > 0,
    },
    { what: `tokens in ${entries.length + count} addresses and referrers`, got: String(leaks), in: leaks > 0 },
  ])
}
