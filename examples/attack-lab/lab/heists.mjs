// What the thief does on his own machine with what was stolen. Each heist answers with its tries: what was tried,
// what he got, and whether he got in.

import { framable } from './framable.mjs'
import { ask, sessionsOf, signedIn } from './thief.mjs'

const CALLS = ['/api/auth/me', '/api/auth/sessions', '/api/auth/verify']
const BESIDE = 'beside cookies of his own account'
const SESSION = '__Host-tandem-session'

export function createHeists({ service, origin, journal, attacker }) {
  const tried = async (what, path, options) => {
    const { status, answer } = await ask(service, path, options)
    const why = answer.code ?? answer.error
    return { what, got: `${status}${why ? ` ${why}` : ''}`, in: status < 400 }
  }
  const calls = (what, halves) => Promise.all(CALLS.map((path) => tried(`${what}: GET ${path}`, path, halves)))
  const refresh = (what, { access, refresh, cookies }) =>
    tried(`${what}: refresh`, '/api/auth/refresh', { access, cookies, json: { refresh_token: refresh } })
  const request = (cookies) => ({ cookies, form: { grant_type: 'session' }, headers: { origin } })
  const exchange = (what, cookies) => tried(`${what}: exchange for a token`, '/iam/oauth/token', request(cookies))
  /** Whether tokens are alive: refused together with the other half, too, they would prove nothing. */
  const live = async ({ access, cookies }) => (await ask(service, CALLS[0], { access, cookies })).status === 200
  /** The copy as soon as it is alive: a token may have expired, and the app be about to renew it. */
  const liveCopy = async () => {
    for (let tries = 0; tries < 20; tries++) {
      const copy = journal.copy()
      if (await live(copy)) return copy
      await new Promise((done) => setTimeout(done, 250))
    }
    return null
  }
  let kept

  return {
    /** The page's storage, and the header a script saw last, in another browser. */
    async loot({ records = [], headers = [] }) {
      const own = await signedIn(service, attacker)
      const seen = headers.slice(-1).map((line) => ({ access: line.replace(/^Bearer /, '') }))
      const tokens = [...records, ...seen]
      const tries = []
      const { cookies } = journal.copy()
      for (const stolen of tokens) {
        if (!(await live({ ...stolen, cookies }))) return { tries: [] }
        tries.push(...(await calls('alone', { access: stolen.access })))
        tries.push(...(await calls(BESIDE, { ...stolen, cookies: own.cookies })))
        if (!stolen.refresh) continue
        tries.push(await refresh('alone', stolen), await refresh(BESIDE, { ...stolen, cookies: own.cookies }))
      }
      return { tries }
    },

    /** One log line with the `Authorization` header of a call. */
    async authorization() {
      const copy = await liveCopy()
      return { tries: copy ? await calls('the Authorization header alone', { access: copy.access }) : [] }
    },

    /** One log line with the `Cookie` header: of a call, and of a refresh or an exchange. */
    async cookies() {
      const copy = await liveCopy()
      if (!copy) return { tries: [] }
      const { cookies } = copy
      const own = await signedIn(service, attacker)
      return {
        tries: [
          ...(await calls('the Cookie header alone', { cookies })),
          ...(await calls('beside a body half of his own', { cookies, access: own.access })),
          await refresh('beside a body half of his own', { ...own, cookies }),
          await exchange('the Cookie header alone', cookies),
        ],
      }
    },

    /** Malware with both stores, while nobody has noticed. */
    async copy() {
      const copy = await liveCopy()
      return { tries: copy ? [...(await calls('the full copy', copy)), await refresh('the full copy', copy)] : [] }
    },

    /** The same copy, put away for later. */
    async take() {
      kept = journal.copy()
      return {}
    },

    /** Used when the owner has gone on without it. Ends the session, for both. */
    async late() {
      const tries = [await refresh('the copy that was left behind', kept)]
      const owner = await calls('the newest tokens, after that', journal.copy())
      return { tries: [...tries, ...owner] }
    },

    /** The cookie jar of the session flow: a whole credential. */
    async jar() {
      const { cookies } = journal.copy()
      if (!cookies[SESSION]) return { tries: [] }
      const given = request({ [SESSION]: cookies[SESSION] })
      const { status, answer, cookies: brought } = await ask(service, '/iam/oauth/token', given)
      const first = { what: 'the session cookie: exchange for a token', got: String(status), in: status === 200 }
      const pair = { access: answer.access_token, cookies: brought }
      return { tries: [first, ...(await calls('with what that brought', pair))] }
    },

    /** Genuine cookies of a session of the attacker's, for a sibling host to plant. */
    async planted() {
      const { cookies } = await signedIn(service, attacker)
      return { cookies }
    },

    framable: async ({ pages }) => ({ pages: await Promise.all(pages.map(framable)) }),

    sessions: async () => ({ sessions: await sessionsOf(service, attacker) }),
  }
}
