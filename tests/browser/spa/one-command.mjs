// `npm start`, as somebody types it, and Ctrl-C; and what is said to who has typed something else.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const example = fileURLToPath(new URL('../../../examples/spa', import.meta.url))

export async function oneCommand(program) {
  for (const script of ['start', 'start:siblings']) {
    const child = spawn('npm', ['run', '--silent', script, '--', '--program', program, '--port', '0'], {
      cwd: example, stdio: ['ignore', 'pipe', 'pipe'], detached: true,
    })
    // A group of its own, because a Ctrl-C goes to all of a group.
    const kill = () => { try { process.kill(-child.pid, 'SIGKILL') } catch { /* ended */ } }
    process.once('exit', kill)
    const { url, said } = await greeting(child)
    const ended = new Promise((done) => child.once('close', done))
    if (script === 'start') {
      assert.equal((await fetch(url)).status, 200)
      assert.equal((await fetch(`${url}/api/auth/me`)).status, 401)
    } else {
      assert.match(said(), /--ignore-certificate-errors-spki-list=\S{44} https:\/\/ui\.tandem\.localhost:\d+/)
    }
    process.kill(-child.pid, 'SIGINT')
    await ended
    assert.throws(() => process.kill(-child.pid, 0), { code: 'ESRCH' }, 'something has been left running')
    process.off('exit', kill)
  }
}

export async function mistyped() {
  const usage = /--port NUMBER/
  const helped = await typed('start', '--help')
  assert.equal(helped.code, 0)
  assert.match(helped.out, usage)
  for (const wrong of [['--nonsense'], ['--port', 'abc'], ['--port', '65536'], ['something']]) {
    const { code, out, err } = await typed('start', ...wrong)
    assert.deepEqual({ code, out }, { code: 2, out: '' }, wrong.join(' '))
    assert.match(err, usage)
    assert.doesNotMatch(err, /ERR_|\n +at /, 'a stack is no answer to a slip of the fingers')
  }
  for (const host of ['127.0.0.1', '::1']) await taken(host)
}

/** Whoever is at the port at either address of `localhost` would be what the browser shows. */
async function taken(host) {
  const other = createServer().listen(0, host)
  await once(other, 'listening')
  const { port } = other.address()
  const { code, out, err } = await typed('start:siblings', '--port', `${port}`)
  other.close()
  assert.deepEqual({ code, out }, { code: 1, out: '' })
  assert.match(err, new RegExp(`port ${port} is already in use; try: npm run start:siblings -- --port 8000\\n`))
}

function typed(script, ...options) {
  return new Promise((done) => {
    const words = ['run', '--silent', script, '--', ...options]
    execFile('npm', words, { cwd: example, timeout: 60_000 }, (error, out, err) => {
      done({ code: error?.code ?? 0, out, err })
    })
  })
}

async function greeting(child) {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => { text += chunk })
  for (let tries = 0; tries < 600; tries++) {
    const [, url] = /The app: +(\S+)/.exec(text) ?? []
    if (url && text.includes('Ctrl-C')) return { url, said: () => text }
    if (child.exitCode !== null) break
    await new Promise((done) => setTimeout(done, 100))
  }
  return assert.fail(`npm start says:\n${text}`)
}
