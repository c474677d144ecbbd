// The Bruno collection, without its window.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './program.mjs'

/** `reuseInterval`: that of the service, in seconds. */
export async function useBruno(root, home, { url, reuseInterval }) {
  const collection = `${root}/openapi/bruno`
  const report = join(home, 'bruno.json')
  await run(`${root}/tests/consumers/node_modules/.bin/bru`, [
    'run', '-r', '--env=local', `--env-var=base=${url}`,
    `--env-var=longer_than_the_reuse_interval=${reuseInterval * 1000 + 1000}`,
    `--reporter-json=${report}`, '--reporter-skip-all-headers', '--reporter-skip-body', '--noproxy',
  ], { cwd: collection })

  const results = JSON.parse(readFileSync(report, 'utf8')).flatMap(({ results }) => results)
  const requests = readdirSync(collection, { recursive: true }).filter((file) => /\/\d+-.*\.bru$/.test(file))
  assert.equal(results.length, requests.length, 'not every request was sent')
  for (const { name, assertionResults, testResults } of results) {
    const checks = [...assertionResults, ...testResults]
    assert.ok(checks.length > 0 && checks.every(({ status }) => status === 'pass'), name)
  }
  return results.length
}
