// The client package in a real browser, against the real service, with a proxy between the two that loses,
// cuts and delays. Each test has a fresh browser context and a proxy of its own; one that fails does not
// stop the others. What is under test stands in the names of the tests; Swagger UI has a file of its own.
//
//   node tests/browser/client.mjs [--long] [--program PROGRAM] [ID]...     ID: T05, or a beginning: T1
//
// Default program: target/debug/tandem. With --long the soak takes 5 minutes, otherwise 60 s.

import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { launchChromium, resolving } from './chromium.mjs'
import { bundle } from './client/bundle.mjs'
import { line } from './client/carried.mjs'
import { createWorld } from './client/world.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const { values, positionals: ids } = parseArgs({
  allowPositionals: true, options: { long: { type: 'boolean' }, program: { type: 'string' } },
})
const program = resolve(values.program ?? `${root}/target/debug/tandem`)

const tests = (await testsOf(`${root}/tests/browser/client`))
  .filter(([name]) => ids.length === 0 || ids.some((id) => name.startsWith(id)))
// Tabs of one site would share a renderer, and then they cannot get in each other's way. Playwright turns the
// back-forward cache off; here it is wanted.
const browser = await launchChromium(['--renderer-process-limit=50', resolving(['*.test'])], {
  ignoreDefaultArgs: ['--disable-back-forward-cache'],
})
const world = await createWorld({ browser, program, files: await bundle() })
const failed = []
try {
  for (const [name, test] of tests) await run(name, test)
} finally {
  await browser.close()
  await world.stop()
}
console.log(`client in Chromium ${browser.version()}: ${tests.length - failed.length} passed, ${failed.length} failed`)
if (failed.length > 0 || tests.length === 0) {
  console.log(`failed: ${failed.join(' ') || 'no test has such a name'}`)
  process.exitCode = 1
}

/** Exported functions whose names begin with an id, in the order of the ids. */
async function testsOf(directory) {
  const files = readdirSync(directory).filter((name) => name.endsWith('.test.mjs'))
  const modules = await Promise.all(files.map((name) => import(`./client/${name}`)))
  return modules.flatMap((module) => Object.entries(module)).sort(([a], [b]) => (a < b ? -1 : 1))
}

async function run(name, test) {
  const visit = world.visit()
  const begin = Date.now()
  let sites = []
  try {
    await test({ ...visit, browser, long: values.long ?? false, figure: (text) => visit.figures.push(text) })
    sites = await visit.end()
    if (sites.some(({ proxy }) => proxy.seen.some(({ leak }) => leak))) throw new Error('a token in an address')
    console.log(`ok   ${name} (${seconds(begin)})${visit.figures.map((text) => `\n       ${text}`).join('')}`)
  } catch (error) {
    failed.push(name.split('_')[0])
    console.log(`FAIL ${name} (${seconds(begin)})\n${indent(error.stack)}${visit.figures.map((text) => `\n       ${text}`).join('')}`)
    if (sites.length === 0) sites = await visit.end()
    for (const { proxy } of sites) console.log(indent(proxy.seen.slice(-15).map(line).join('\n')))
  }
}

function seconds(begin) {
  return `${((Date.now() - begin) / 1000).toFixed(1)} s`
}

function indent(text) {
  return text.replaceAll(/^/gm, '       ')
}
