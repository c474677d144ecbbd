// The quick start for pages, as a reader follows it: its blocks are taken from the document, bundled, and
// opened in a real browser beside a service as it is after its first start.
//
//   node tests/browser/quick-start.mjs [PROGRAM]     default: target/debug/tandem

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { launchChromium } from './chromium.mjs'
import { startTandem } from './server.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const program = resolve(process.argv[2] ?? `${root}/target/debug/tandem`)
const { buildSync } = createRequire(`${root}/client/package.json`)('esbuild')

const blocks = readBlocks()
const server = await startTandem(program)
const app = await serve(build(server.url))
const browser = await launchChromium()
try {
  const context = await browser.newContext()
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const said = []
  page.on('console', (message) => said.push(message.text()))

  await page.goto(app.url)
  await page.fill('[name=email]', 'demo@example.com')
  await page.fill('[name=password]', /password\s+(\S.*\S)/i.exec(server.log())[1])
  await page.click('text=Sign in')
  await page.locator('h1', { hasText: 'Hello demo@example.com' }).waitFor()

  const called = page.waitForResponse((answer) => answer.url() === `${server.url.replace('127.0.0.1', 'localhost')}/api/auth/sessions`)
  await page.click('text=Where am I signed in?')
  const answer = await called
  assert.equal(answer.status(), 200)
  assert.equal((await answer.json()).sessions.length, 1)

  // "Reload, open a second tab, sign out in one of them."
  await page.reload()
  await page.locator('h1').waitFor()
  const second = await context.newPage()
  await second.goto(app.url)
  await second.click('text=Sign out')
  await page.locator('[name=password]').waitFor()
  assert.deepEqual(await context.cookies(), [])
  assert.ok(!said.some((line) => line.includes('Uncaught')), said.join('\n'))
  console.log(`quick start: ${blocks.lines} lines in ${blocks.count} blocks, ${blocks.words} words: signed in, called, signed out`)
} catch (error) {
  console.error(`quick start: ${error.stack}\n${server.log().split('\n').slice(-20).join('\n')}`)
  process.exitCode = 1
} finally {
  await browser.close()
  app.stop()
  await server.stop()
}

/** The blocks by the name in their first line, and whether the page keeps its promise to be short. */
function readBlocks() {
  const text = readFileSync(`${root}/docs/spa/quick-start.md`, 'utf8')
  const all = [...text.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, code]) => code)
  const lines = all.join('\n').split('\n').filter((line) => line.trim() !== '').length
  const words = text.split(/\s+/).length
  assert.ok(all.length <= 3 && lines <= 25 && words <= 300, `${all.length} blocks, ${lines} lines, ${words} words`)
  const files = all.map((code) => [/^\/\/ (src\/\S+)\n/.exec(code)?.[1], code]).filter(([name]) => name)
  assert.deepEqual(files.map(([name]) => name), ['src/main.tsx', 'src/profile.tsx'])
  return { files, lines, words, count: all.length }
}

/** As a dev server would: the package as it would be published, and React. */
function build(service) {
  const directory = mkdtempSync(join(tmpdir(), 'tandem-quick-start-'))
  try {
    execFileSync('npm', ['run', 'build'], { cwd: `${root}/client`, stdio: 'pipe' })
    mkdirSync(`${directory}/src`)
    mkdirSync(`${directory}/node_modules/@tandem-auth`, { recursive: true })
    symlinkSync(`${root}/client`, `${directory}/node_modules/@tandem-auth/client`)
    for (const name of ['react', 'react-dom', 'scheduler']) {
      symlinkSync(`${root}/client/node_modules/${name}`, `${directory}/node_modules/${name}`)
    }
    const there = 'http://localhost:8080'
    for (const [name, code] of blocks.files) {
      writeFileSync(`${directory}/${name}`, code.replace(there, service.replace('127.0.0.1', 'localhost')))
    }
    assert.ok(blocks.files.some(([, code]) => code.includes(there)), 'the quick start names another address')
    const { outputFiles } = buildSync({
      absWorkingDir: directory, entryPoints: ['src/main.tsx'], bundle: true, write: false, format: 'esm', jsx: 'automatic',
    })
    return outputFiles[0].text
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A page at another port of `localhost`, as that of a dev server. */
async function serve(script) {
  const listener = createServer((request, response) => {
    const [type, body] = request.url === '/main.js'
      ? ['text/javascript', script]
      : ['text/html', '<!doctype html><div id="root"></div><script type="module" src="/main.js"></script>']
    response.writeHead(200, { 'content-type': type }).end(body)
  })
  await new Promise((done) => listener.listen(0, 'localhost', done))
  return { url: `http://localhost:${listener.address().port}`, stop: () => { listener.closeAllConnections(); listener.close() } }
}
