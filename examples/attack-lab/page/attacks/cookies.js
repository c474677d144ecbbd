// A sibling host may set cookies for the whole domain. It cannot read those of the service, nor can it replace them.

import { command, heist, journal, setup, until, verdict } from '../stage.js'

const NAMES = ['tandem-access', 'tandem-refresh', 'tandem-session']
const REFRESH = '/api/auth/refresh'
/** Chromium keeps 180 for a domain and all hosts below it. */
const MANY = 400

export async function tossing({ flow }) {
  const { cookies } = await heist('planted')
  const tries = []
  for (const [name, value] of Object.entries({ '__Host-tandem-session': 'junk', ...cookies })) {
    tries.push(planted(name, value, name.includes('refresh') ? REFRESH : '/'))
  }
  for (const name of ['__Secure-tandem-refresh', ...NAMES]) tries.push(planted(name, 'junk', '/'))
  tries.push(...(await victim(flow)))
  sweep([...Object.keys(cookies), '__Host-tandem-session', ...NAMES])
  return verdict(tries)
}

/** Whether the browser takes such a cookie. To plant one is not to be in: what counts is what the service does. */
function planted(name, value, path) {
  document.cookie = `${name}=${value}; Domain=${setup.domain}; Path=${path}; Secure`
  const what = `${name}${value === 'junk' ? '' : ' of the attacker'}, Domain=${setup.domain}; Path=${path}`
  // A page sees the cookies of its own path only.
  if (path !== '/') return { what, got: 'set; cannot be seen from here', in: false }
  const took = document.cookie.split('; ').some((pair) => pair.startsWith(`${name}=`))
  return { what, got: took ? 'taken by the browser' : 'refused by the browser', in: took && name.startsWith('__Host-') }
}

/** The victim's next call and next renewal, with those cookies in the jar. */
async function victim(flow) {
  const who = async () => (await command('ride', `${setup.service}/api/auth/me`))?.body?.user?.email
  const before = await who()
  const { end } = await journal()
  const path = flow === 'dual' ? REFRESH : '/iam/oauth/token'
  const renewed = await until(async () =>
    (await journal(end)).entries.find((entry) => entry.path === path && entry.method === 'POST'), 60)
  const after = await who()
  return [
    {
      what: 'the victim’s next renewal',
      got: renewed ? String(renewed.status) : 'none within a minute',
      in: renewed?.status !== 200,
    },
    {
      what: 'who the victim is, before and after',
      got: after === undefined ? 'signed out' : after === before ? 'the same account' : 'another account',
      in: before === undefined || after !== before,
    },
  ]
}

function sweep(names) {
  for (const name of names) {
    for (const path of ['/', REFRESH]) {
      document.cookie = `${name}=; Domain=${setup.domain}; Path=${path}; Secure; Max-Age=0`
    }
  }
}

/** The jar is shared by all hosts of a domain, and the oldest go first. */
export async function flood() {
  const names = Array.from({ length: MANY }, (_, number) => `flood${number}`)
  for (const name of names) document.cookie = `${name}=1; Domain=${setup.domain}; Path=/; Secure`
  const answer = await command('ride', `${setup.service}/api/auth/me`)
  sweep(names)
  const out = answer?.status === 401
  const got = out ? '401: signed out. The attacker has nothing of the session' : String(answer?.status)
  return verdict([{ what: 'the victim’s next call', got, in: out }])
}
