// `npm start`, as somebody types it, and Ctrl-C.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
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
