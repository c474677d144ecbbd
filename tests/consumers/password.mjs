// The block of docs/api that asks for the password: the same on all pages.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { blocks } from './pages.mjs'

const SECRET = '  four $words \\and "spaces" '

export async function asksForThePassword(root, home) {
  const pages = ['curl', 'python', 'rust', 'typescript'].map((page) => Object.values(blocks(`${root}/docs/api/${page}.md`)))
  const [block, ...others] = pages.map((page) => page.find((code) => code.startsWith('stty ')))
  for (const other of others) assert.equal(other, block)

  const file = join(home, 'password.sh')
  writeFileSync(file, `${block}
    [ "$(printenv PASSWORD)" = "$SECRET" ] && echo it is handed on
    case " $(stty -a) " in *' echo '*) echo and what is typed can be seen again ;; esac\n`)
  // A terminal, since that is what it is about.
  const child = spawn('script', ['--quiet', '--command', `sh ${file}`, '/dev/null'], {
    env: { PATH: process.env.PATH, SECRET }, stdio: ['pipe', 'pipe', 'inherit'],
  })
  const patience = setTimeout(() => child.kill('SIGKILL'), 30_000)
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    shown += text
    if (shown === 'Password: ') child.stdin.write(`${SECRET}\n`)
  })
  await new Promise((done, fail) => child.once('close', done).once('error', fail))
  clearTimeout(patience)
  assert.equal(shown, 'Password: \r\nit is handed on\r\nand what is typed can be seen again\r\n')
}
