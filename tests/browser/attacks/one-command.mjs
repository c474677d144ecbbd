// `npm start`, as somebody types it, and Ctrl-C.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const lab = fileURLToPath(new URL('../../../examples/attack-lab', import.meta.url))

export async function oneCommand(program) {
  const child = spawn('npm', ['start', '--silent', '--', '--program', program, '--port', '0'], {
    cwd: lab, stdio: ['ignore', 'pipe', 'pipe'], detached: true,
  })
  // A group of its own, because a Ctrl-C goes to all of a group.
  const kill = () => { try { process.kill(-child.pid, 'SIGKILL') } catch { /* ended */ } }
  process.once('exit', kill)
  const ended = new Promise((done) => child.once('close', done))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => { said += chunk })
  for (let tries = 0; tries < 900 && !said.includes('Ctrl-C') && child.exitCode === null; tries++) {
    await new Promise((done) => setTimeout(done, 100))
  }
  assert.match(said, /A foreign site: +https:\/\/evil\.localhost:\d+\n/)
  assert.match(said, /A sibling host: +https:\/\/blog\.tandem\.localhost:\d+\n/)
  assert.match(said, /The app they attack: +https:\/\/ui\.tandem\.localhost:\d+\n/)
  assert.match(said, /--ignore-certificate-errors-spki-list=\S{44},\S{44} /)
  process.kill(-child.pid, 'SIGINT')
  await ended
  assert.throws(() => process.kill(-child.pid, 0), { code: 'ESRCH' }, 'something has been left running')
  process.off('exit', kill)
}
