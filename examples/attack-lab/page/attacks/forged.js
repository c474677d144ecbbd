// Requests that a page of somebody else can have a browser send.

import { heist, journal, pause, setup, until, verdict } from '../stage.js'

const FORMS = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']

export async function forged() {
  const tries = []
  for (const operation of setup.operations.changing) tries.push(await everyWay(operation))
  for (const { path, id } of setup.operations.protected) tries.push(await reading(setup.service + path, id))
  tries.push(await reading(`${setup.app}/`, 'the app'))
  return verdict(tries)
}

/** Both logins, with the right password of the attacker's own account. */
export async function loginCsrf() {
  const before = await heist('sessions')
  const tries = []
  const isLogin = ({ id, body }) => body.email === setup.attacker.email && id !== 'register'
  const logins = setup.operations.changing.filter(isLogin)
  for (const operation of logins) tries.push(await everyWay(operation))
  const after = await heist('sessions')
  const made = after.sessions - before.sessions
  tries.push({ what: 'sessions of the attacker that this has made', got: String(made), in: made > 0 })
  return verdict(tries)
}

/** One operation by every way there is. The service is asked what it saw, the page what it could read. */
async function everyWay(operation) {
  const { end: from } = await journal()
  const read = await fetches(operation)
  beacons(operation)
  await Promise.all(FORMS.map((enctype) => inFrame(operation, enctype)))
  for (const enctype of FORMS) await asPage(operation, enctype)
  const seen = await arrived(from, operation)
  const statuses = [...new Set(seen.map(({ status }) => status))].sort()
  const cookies = seen.flatMap(({ setCookies }) => setCookies)
  const sent = seen.some(({ method, cookieHalf }) => method !== 'OPTIONS' && cookieHalf)
  return {
    what: `${operation.method} ${operation.path} (${operation.id})`,
    got: `${seen.length} requests, cookies ${sent ? 'sent along' : 'kept at home'}: `
      + `${statuses.join(', ') || 'no answer'}; ${cookies.length} cookies set, ${read} answers readable`,
    in: seen.length === 0 || statuses.some((status) => status !== 403) || cookies.length > 0 || read > 0,
  }
}

/** What the service has seen of it, once nothing more comes. */
async function arrived(from, { path }) {
  let before = -1
  const seen = await until(async () => {
    const { entries } = await journal(from)
    const mine = entries.filter((entry) => entry.path === path && entry.origin === location.origin)
    if (mine.length > 0 && mine.length === before) return mine
    before = mine.length
    return null
  }, 10)
  return seen ?? []
}

async function fetches({ method, path, type, body }) {
  const text = encoded(type, body)
  const simple = new Blob([text], { type: 'text/plain' })
  const json = { 'Content-Type': 'application/json' }
  const bearer = { Authorization: 'Bearer x' }
  let read = 0
  for (const options of [
    { mode: 'no-cors', body: text },
    { mode: 'no-cors', body: simple },
    { mode: 'no-cors', body: new URLSearchParams(body) },
    { mode: 'no-cors', body: formData(body), keepalive: true },
    { body: simple },
    { body: new URLSearchParams(body) },
    { body: formData(body) },
    { body: text, headers: { 'Content-Type': type } },
    { body: text, headers: { ...json, ...bearer } },
    { body: text, headers: json, credentials: 'omit' },
    { method, body: text, headers: json },
    { method, headers: bearer, credentials: 'omit' },
  ]) read += await readable(setup.service + path, { method: 'POST', credentials: 'include', ...options })
  return read
}

/** An answer that says anything at all to the page counts. */
async function readable(url, options) {
  try {
    const answer = await fetch(url, options)
    return answer.type !== 'opaque' || (await answer.text()) ? 1 : 0
  } catch {
    return 0
  }
}

function beacons({ path, type, body }) {
  const text = encoded(type, body)
  navigator.sendBeacon(setup.service + path, new Blob([text], { type: 'text/plain' }))
  navigator.sendBeacon(setup.service + path, new Blob([text], { type: 'application/json' }))
  navigator.sendBeacon(setup.service + path, new URLSearchParams(body))
}

async function inFrame(operation, enctype) {
  const frame = made('iframe', { name: `frame ${enctype}`, hidden: true, title: 'attack' })
  document.body.append(frame)
  const loaded = new Promise((done) => { frame.onload = done })
  submit(operation, enctype, frame.name)
  await Promise.race([loaded, pause(2000)])
  frame.remove()
}

/** In a window of its own, where no browser takes the cookies for a third party's. */
async function asPage(operation, enctype) {
  const { end } = await journal()
  submit(operation, enctype, 'tandem-attack')
  await until(async () => (await journal(end)).end > end, 2)
}

function submit({ path, method, body }, enctype, target) {
  const form = made('form', { method: 'post', action: setup.service + path, enctype, target, hidden: true })
  // Some frameworks take the method from the body.
  const fields = enctype === 'text/plain' ? jsonInDisguise(body) : { ...body, _method: method }
  for (const [name, value] of Object.entries(fields)) {
    form.append(made('input', { type: 'hidden', name, value }))
  }
  document.body.append(form)
  form.submit()
  form.remove()
}

const made = (name, properties) => Object.assign(document.createElement(name), properties)

/** As text/plain a form sends `name=value`; split in the right place that is JSON. */
function jsonInDisguise(body) {
  const text = JSON.stringify({ ...body, x: '=' })
  const [name, value] = text.split(/=(?="}$)/)
  return { [name]: value }
}

const encoded = (type, body) => (type.includes('json') ? JSON.stringify(body) : new URLSearchParams(body).toString())

function formData(body) {
  const data = new FormData()
  for (const [name, value] of Object.entries(body)) data.append(name, value)
  return data
}

/** What only a signed-in person may see: no answer of it may be readable here. */
async function reading(url, name) {
  const read = await readable(url, { credentials: 'include' })
    + await readable(url, { credentials: 'include', mode: 'no-cors' })
    + await readable(url, { credentials: 'omit' })
  return { what: `GET ${new URL(url).pathname} (${name})`, got: `${read} answers readable`, in: read > 0 }
}
