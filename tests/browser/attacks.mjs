// The attack lab in a real browser: every attack from a foreign site and from a sibling host, in both flows, by the
// lab's own page, as a person runs them. Each has to end as docs/threat-model.md says: those that are not stopped
// have to succeed. Beside the lab's verdicts, this looks for itself at the wire, the jar and the sessions; and it
// takes defences away, to see that the verdicts change.
//
//   node tests/browser/attacks.mjs [--only TEXT] [PROGRAM]     default: target/debug/tandem
//
// --only: attacks and tests with that in their names, such as `tossing` or `foreign, dual`.

import assert from 'node:assert/strict'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ATTACKS, applies } from '../../examples/attack-lab/page/catalogue.js'
import { prepare } from '../../examples/spa/start/prepare.mjs'
import { launchChromium } from './chromium.mjs'
import { documented } from './attacks/documents.mjs'
import { oneCommand } from './attacks/one-command.mjs'
import * as elsewhere from './attacks/elsewhere.mjs'
import { withoutDefences } from './attacks/without.mjs'
import { createVictim } from './attacks/victim.mjs'
import { AFTER } from './attacks/after.mjs'
import { looker } from './spa/looks.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const screenshots = join(root, 'tests/.cache/screenshots/attack-lab')
const { values: { only }, positionals } = parseArgs({
  allowPositionals: true, options: { only: { type: 'string', default: '' } },
})
const program = prepare(resolve(positionals[0] ?? join(root, 'target/debug/tandem')))
// Vite is there only now.
const { openLab } = await import('../../examples/attack-lab/lab/open.mjs')

const SETTINGS = {
  TANDEM_TOKENS__ACCESS_TTL: '8s',
  TANDEM_SESSION_FLOW__ACCESS_TTL: '8s',
  // What a wrong or a right password costs is no matter of these tests.
  TANDEM_PASSWORDS__MEMORY: '7168',
}

let lab
let browser
const failed = []
let passed = 0
try {
  documented(ATTACKS)
  await attempt('npm start', () => oneCommand(program))
  lab = await openLab({ program, settings: SETTINGS })
  browser = await launchChromium([`--ignore-certificate-errors-spki-list=${lab.pins.join(',')}`])
  for (const flow of ['dual', 'session']) {
    for (const place of ['foreign', 'sibling']) await everyAttack(place, flow)
  }
  for (const [name, test] of Object.entries(elsewhere)) await attempt(name, () => test({ lab, browser }))
  for (const [name, test] of withoutDefences) await attempt(`without ${name}`, () => test({ lab, browser }))
} catch (error) {
  failed.push('the lab')
  console.error(`attacks: ${error.stack}`)
} finally {
  await browser?.close()
  await lab?.stop()
}
if (passed + failed.length === 0) failed.push('no attack has such a name')
console.log(`attacks: ${passed} passed${failed.length > 0 ? `, failed: ${failed.join('; ')}` : ''}`)
process.exit(failed.length > 0 ? 1 : 0)

// --- The lab's page ---------------------------------------------------------------------------------

async function everyAttack(place, flow) {
  const isSibling = place === 'sibling'
  const nameOf = ({ id }) => `${id}, ${place}, ${flow}`
  const chosen = ATTACKS.filter((each) => applies(each, { isSibling, flow }) && nameOf(each).includes(only))
  if (chosen.length === 0) return
  const victim = await createVictim({ lab, browser, flow, place: lab[place] })
  try {
    for (const attack of chosen) {
      await attempt(nameOf(attack), async () => {
        const before = await victim.session()
        const from = lab.journal.entries.length
        const { verdict, text } = await victim.suffer(attack.id)
        assert.equal(verdict, attack.outcome[flow], `the lab says “${text}”\n${await victim.tries(attack.id)}`)
        const seen = lab.journal.entries.slice(from)
        await (AFTER[attack.id] ?? AFTER.unharmed)({ victim, before, lab, place, flow, seen })
        return text
      })
    }
    await attempt(`nothing in addresses, ${place}, ${flow}`, () => assert.deepEqual(victim.leaks(), []))
    if (flow === 'dual') await attempt(`looks, ${place}`, () => looker(victim.page, screenshots)(place))
  } finally {
    await victim.leave()
  }
}

async function attempt(name, test) {
  if (!name.includes(only)) return
  const begin = Date.now()
  const took = () => `${((Date.now() - begin) / 1000).toFixed(1)} s`
  try {
    const said = await test()
    passed += 1
    console.log(`ok   ${name}${said ? `: ${said}` : ''} (${took()})`)
  } catch (error) {
    failed.push(name)
    console.log(`FAIL ${name} (${took()})\n${error.stack.replaceAll(/^/gm, '     ')}`)
  }
}
