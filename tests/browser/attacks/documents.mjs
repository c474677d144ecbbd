// The table in the lab's README says the same as the lab.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

const readme = new URL('../../../examples/attack-lab/README.md', import.meta.url)
const WORDS = { stopped: 'stopped', documented: '**not stopped**' }

export function documented(attacks) {
  const rows = readFileSync(readme, 'utf8').split('\n').filter((line) => line.startsWith('| '))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()))
  for (const { title, outcome } of attacks) {
    const row = rows.find(([name]) => name === title)
    assert.ok(row, `the README does not mention “${title}”`)
    assert.deepEqual(row.slice(2, 4), ['dual', 'session'].map((flow) => WORDS[outcome[flow]] ?? '–'), title)
  }
  const outcomes = rows.filter(([, , dual]) => ['–', ...Object.values(WORDS)].includes(dual))
  assert.equal(outcomes.length, attacks.length, 'the README has an attack that the lab has not')
}
