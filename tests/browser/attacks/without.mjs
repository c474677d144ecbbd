// Defences taken away on the wire, to see that the lab's verdicts change: a test that cannot fail is none.

import assert from 'node:assert/strict'
import { createVictim } from './victim.mjs'

const without = (place, flow, id, tamper) => async ({ lab, browser }) => {
  const victim = await createVictim({ lab, browser, flow, place: lab[place] })
  try {
    Object.assign(lab.tamper, tamper)
    const { verdict } = await victim.suffer(id)
    assert.equal(verdict, 'wrong', `“${id}” has not noticed:\n${await victim.tries(id)}`)
  } finally {
    for (const name of Object.keys(lab.tamper)) delete lab.tamper[name]
    await victim.leave()
  }
}

const dropped = (headers, ...names) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)))

/** As a proxy that means well. */
const readableForAll = (headers, { headers: { origin } }) => ({
  ...headers,
  ...(origin && { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' }),
})

/** An older build, or plain names on purpose. */
const plain = (text) => text.replaceAll(/__(Host|Secure)-tandem/g, 'tandem')
const prefixed = (text) => text
  .replaceAll(/(?<![\w-])tandem-(access|session)=/g, '__Host-tandem-$1=')
  .replaceAll(/(?<![\w-])tandem-refresh=/g, '__Secure-tandem-refresh=')
const each = (lines, change) => lines && { 'set-cookie': lines.map(change) }

export const withoutDefences = [
  ['an origin on the wire', without('sibling', 'dual', 'login-csrf', {
    request: (headers) => dropped(headers, 'origin', 'sec-fetch-site'),
  })],
  ['a refusal to let others read', without('foreign', 'dual', 'login-csrf', { answer: readableForAll })],
  ['frame-ancestors', without('foreign', 'dual', 'framing', {
    answer: (headers) => dropped(headers, 'content-security-policy', 'x-frame-options'),
  })],
  ['the prefixes of the cookies', without('sibling', 'dual', 'tossing', {
    request: (headers) => ({ ...headers, ...(headers.cookie && { cookie: prefixed(headers.cookie) }) }),
    answer: (headers) => ({ ...headers, ...each(headers['set-cookie'], plain) }),
  })],
]
