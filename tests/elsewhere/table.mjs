// The table: every row with its verdict, put to the service and to the examples.

import { isDeepStrictEqual } from 'node:util'
import { Mould } from './forge.mjs'
import { changedRows, requestRows } from './rows-requests.mjs'
import * as tokenRows from './rows-tokens.mjs'
import { pair } from './verifiers.mjs'

/** Puts every row to the service and to all examples: how many, and all that is wrong, not only the first. */
export async function table(world, keys, ada, adaBefore) {
  const eve = await (await world.service.register()).login()
  const older = await world.ada.login()
  const refreshed = { older, newer: await world.ada.refresh(older) }
  const before = await world.ada.login()
  const wrong = []
  let count = 0
  const check = async ({ name, request, code, elsewhere = code }) => {
    count += 1
    const verdicts = await world.askAll(request)
    const [{ principal }] = verdicts
    for (const verdict of verdicts) {
      const wanted = verdict.name === 'the service' ? code : elsewhere
      const status = wanted === 'ok' ? 200 : 401
      if (verdict.code !== wanted || verdict.status !== status) {
        wrong.push(`${name}: ${verdict.name} says ${verdict.status} ${verdict.code}, not ${wanted}`)
      } else if (!isDeepStrictEqual(verdict.principal, principal)) {
        wrong.push(`${name}: ${verdict.name} says it is ${JSON.stringify(verdict.principal)}`)
      }
    }
  }

  for (const row of requestRows({ ada, refreshed, eve, adaBefore })) await check(row)
  for (const half of ['body', 'cookie']) {
    for (const [kind, cases] of Object.entries(tokenRows)) {
      // Anew for each kind: some of them are about the time.
      for (const [name, token, code = 'invalid_token'] of cases(new Mould(half, ada, keys))) {
        const elsewhere = kind === 'unknownKeys' ? 'access_expired' : code
        await check({ name: `${half}: ${kind}: ${name}`, request: pair({ ...ada, [half]: token }), code, elsewhere })
      }
    }
    // That a key is unknown hides nothing: beside a false half it is as false.
    const mould = new Mould(half, ada, keys)
    const other = mould.otherHalf
    const unknown = { ...ada, [half]: [...tokenRows.unknownKeys(mould)][0][1], [other]: `${ada[other]}A` }
    await check({ name: `${half}: unknown key beside a false half`, request: pair(unknown), code: 'invalid_token' })
    const lone = { body: { authorization: [`Bearer ${unknown.body}`] }, cookie: { cookie: [`__Host-tandem-access=${unknown.cookie}`] } }
    await check({ name: `${half}: unknown key and nothing else`, request: lone[half], code: 'invalid_token' })
    // An expired half of another session is not told so.
    const stranger = new Mould(half, eve, keys)
    const expired = stranger.withClaims({ iat: stranger.now - 240, exp: stranger.now - 60 })
    await check({ name: `${half}: expired, of another session`, request: pair({ ...ada, [half]: expired }), code: 'invalid_token' })
    const renamed = stranger.withClaims({ sub: mould.claims.sub })
    await check({ name: `${half}: her name, another session`, request: pair({ ...ada, [half]: renamed }), code: 'invalid_token' })
  }
  world.service.command(['user', 'set-roles', world.ada.email, 'author'])
  await new Promise((done) => setTimeout(done, 2500)) // the service's own look, and the second of the change
  const changed = { before, after: await world.ada.refresh(before) }
  for (const row of changedRows(changed)) await check(row)
  return { count, wrong }
}

