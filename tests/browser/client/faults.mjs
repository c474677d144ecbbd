// What can go wrong between the browser and the service. A fault gets one exchange and deals with it.

const pause = (ms) => new Promise((done) => setTimeout(done, ms))
const named = (fault, deal) => Object.assign(deal, { fault })

/** Never reaches the service. */
export const unsent = named('unsent', ({ response }) => response.destroy())

/** The service has answered, and nobody hears of it. */
export const lost = named('lost', async ({ answer, response }) => {
  await answer()
  response.destroy()
})

/** The headers arrive, and with them the cookies. The body does not. */
export const split = named('split', async ({ answer, begin, response }) => {
  begin(await answer())
  await pause(50)
  response.destroy()
})

/** The service is asked at once, and the answer takes its time. */
export const late = (ms) => named('late', async ({ answer, give }) => {
  const theirs = await answer()
  await pause(ms)
  give(theirs)
})

/** The answer's cookies do not arrive, as if they were blocked. */
export const uncookied = named('uncookied', async ({ answer, give }) => {
  const theirs = await answer()
  const { 'set-cookie': _, ...headers } = theirs.headers
  give({ ...theirs, headers })
})

/** An answer of somebody else's, in place of the service's. */
const instead = (status, code) => named(code, ({ entry, give }) => {
  entry.status = status
  give({ status, headers: { 'content-type': 'application/problem+json' }, body: JSON.stringify({ status, code }) })
})

/** The service is away. */
export const unavailable = instead(503, 'unavailable')

/** A token that the client takes for a live one has expired. */
export const expired = instead(401, 'access_expired')

/**
 * Held back until it is released: before the service is asked, or with its answer in hand, or with the
 * headers handed over.
 */
export function gate(where) {
  let release
  const open = new Promise((done) => { release = done })
  let arrived
  const reached = new Promise((done) => { arrived = done })
  const held = named(`held ${where}`, async ({ answer, begin, response }) => {
    if (where === 'request') arrived()
    if (where === 'request') await open
    const theirs = await answer()
    if (where === 'answer') arrived()
    if (where === 'answer') await open
    begin(theirs)
    if (where === 'body') setTimeout(arrived, 50)
    if (where === 'body') await open
    response.end(theirs.body)
  })
  return Object.assign(held, { reached, release })
}

/**
 * Faults in an order that a seed decides, for the requests of one path. Of fifty they are exactly so
 * many per cent, so that luck does not decide what a test finds. `mix`: a percentage and a fault, each.
 */
export function atRandom(seed, path, mix) {
  const random = mulberry32(seed)
  let deck = []
  return (entry) => {
    if (entry.path !== path) return undefined
    if (deck.length === 0) deck = shuffled(mix, random)
    return deck.pop()
  }
}

function shuffled(mix, random) {
  const deck = Array(50).fill(undefined)
  const places = Array.from(deck.keys())
  for (const [percent, fault] of mix) {
    for (let times = percent / 2; times > 0; times--) deck[places.splice(Math.floor(random() * places.length), 1)[0]] = fault
  }
  return deck
}

/** A generator of few lines that is good enough for tests. */
export function mulberry32(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
