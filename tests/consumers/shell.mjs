// docs/api/curl.md.

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { blocks, runAsShown, start, useProgram, write } from './pages.mjs'

export async function useShell(root, home, service) {
  const code = blocks(`${root}/docs/api/curl.md`)
  const cwd = write(join(home, 'shell'), code)
  await runAsShown(service, code, { cwd })
  await useProgram(service, 'sh', ['tandem.sh'], { cwd })

  // Whatever ends it, neither half stays behind.
  const TMPDIR = join(cwd, 'tmp')
  mkdirSync(TMPDIR)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    const { child, ask, ended } = await start(service, 'sh', ['tandem.sh'], { cwd, env: { TMPDIR } })
    await ask('/api/auth/me')
    assert.equal(readdirSync(TMPDIR).length, 1)
    child.kill(signal)
    assert.equal(await ended, 1)
    assert.deepEqual(readdirSync(TMPDIR), [], signal)
  }
}
