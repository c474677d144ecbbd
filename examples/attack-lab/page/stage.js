// What an attack has at hand: the lab's own program, a window of the app, and the page's own means.

export const setup = await get('/lab/setup')
export const isSibling = location.hostname.endsWith(`.${setup.domain}`)

async function get(path) {
  return (await fetch(path, { cache: 'no-store' })).json()
}

export const heist = async (name, loot = {}) => {
  const answer = await fetch(`/lab/heist/${name}`, { method: 'POST', body: JSON.stringify(loot) })
  return answer.json()
}

export const visits = () => get('/lab/visits')

/** What the service has seen since `from`. */
export const journal = (from = 0) => get(`/lab/journal?from=${from}`)

export const pause = (ms) => new Promise((done) => setTimeout(done, ms))

/** Resolves with the first good answer of `look`; with `undefined` after so many seconds. */
export async function until(look, seconds) {
  for (let tries = 0; tries < seconds * 10; tries++) {
    const found = await look()
    if (found) return found
    await pause(100)
  }
  return undefined
}

// --- The app's window -------------------------------------------------------------------------------

let opened = null

/** A window beside this one: a page in the background renews nothing. */
export const openApp = (flow) => {
  opened = window.open(`${setup.app}/?flow=${flow}`, 'tandem-app', 'popup,width=760,height=840')
}
export const appWindow = () => (opened && !opened.closed ? opened : null)

let asked = 0

/** Has the injected script do something, and resolves with what comes of it; `undefined`: nobody answers. */
export function command(order, ...given) {
  const id = `${location.host} ${++asked}`
  return new Promise((done) => {
    const hear = ({ origin, data }) => {
      if (origin !== setup.app || data?.lab !== id) return
      window.removeEventListener('message', hear)
      done(data.result)
    }
    window.addEventListener('message', hear)
    appWindow()?.postMessage({ lab: order, id, given }, setup.app)
    setTimeout(() => { window.removeEventListener('message', hear); done(undefined) }, 5000)
  })
}

// --- Verdicts ---------------------------------------------------------------------------------------

/** `tries`: what was tried, what the thief got, and whether he got `in`. No try at all proves nothing. */
export const verdict = (tries) => ({ tries, verdict: tries.some((each) => each.in) ? 'not stopped' : 'stopped' })
