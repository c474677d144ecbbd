// What can be had through the injected script, and with copies of what the browser keeps. The thief's program uses
// it on a machine of his own.

import { appWindow, command, heist, pause, setup, until, verdict } from '../stage.js'

const ME = () => `${setup.service}/api/auth/me`
const SOON = 3000

/** With tokens that live for some seconds yet, so that a refusal says something. */
async function fresh() {
  const loot = await command('steal')
  const records = Object.values(loot.indexedDB).flat().filter(Boolean)
  return records.some(({ accessExpiresAt }) => accessExpiresAt < Date.now() + SOON) ? null : loot
}

/** What the script sends home: through the handle of its window, past any Content-Security-Policy. */
async function loot() {
  // So that it sees at least one header.
  await command('ride', ME())
  const { cookies, indexedDB, localStorage, sessionStorage, headers } = await until(fresh, 30)
  const records = Object.values(indexedDB).flat().filter(Boolean).map(({ access, refresh }) => ({ access, refresh }))
  const elsewhere = JSON.stringify([cookies, localStorage, sessionStorage])
  return { records, headers, elsewhere: /eyJ|tdm_/.test(elsewhere) }
}

export async function storage({ flow }) {
  const { records, headers, elsewhere } = await loot()
  const { tries } = await heist('loot', { records, headers: flow === 'session' ? headers : [] })
  // None at all is what the session flow promises.
  const found = records.length + Number(elsewhere)
  const kept = {
    what: 'tokens in storage and readable cookies',
    got: found ? `${found} record` : 'none',
    in: elsewhere || (flow === 'session' && found > 0),
  }
  return verdict(tries.length === 0 ? [] : [kept, ...tries])
}

export const fromLog = (name) => async () => {
  const { tries } = await heist(name)
  return verdict(tries)
}

export async function riding() {
  const tries = []
  for (const path of ['/api/auth/me', '/api/auth/sessions']) {
    const answer = await command('ride', setup.service + path)
    const got = String(answer?.status ?? 'no answer')
    tries.push({ what: `from within the page: GET ${path}`, got, in: answer?.status === 200 })
  }
  return verdict(tries)
}

export async function dismounted() {
  const { records, headers } = await loot()
  appWindow().location = 'about:blank'
  await pause(300)
  const { tries } = await heist('loot', { records, headers: records.length > 0 ? [] : headers })
  const answer = await command('ride', ME())
  appWindow().location = setup.app
  const back = await until(() => command('ride', ME()), 15)
  const got = answer ? String(answer.status) : 'no answer'
  const gone = { what: 'the script, once its page is gone', got, in: answer !== undefined }
  return verdict(tries.length > 0 && back ? [gone, ...tries] : [])
}

const generation = async () =>
  Object.values((await command('steal'))?.indexedDB ?? {}).flat().find((record) => record?.generation)?.generation

export async function late() {
  await heist('take')
  const before = await generation()
  // The owner goes on, and uses what he has got; then it takes the time that any request may be under way.
  if (!(await until(async () => (await generation()) > before, 60))) return verdict([])
  const used = await command('ride', ME())
  if (used?.status !== 200) return verdict([])
  await pause(2500)
  const { tries } = await heist('late')
  return verdict(tries)
}
