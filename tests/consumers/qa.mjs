// docs/qa.md: what its script prints is what the page says.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { blocks, write } from './pages.mjs'
import { run } from './program.mjs'

export async function useMatrix(root, home, { url }) {
  const code = blocks(`${root}/docs/qa.md`)
  const cwd = write(join(home, 'qa'), code)
  const said = Object.values(code).find((block) => block.startsWith('none: '))
  assert.equal(await run('sh', ['matrix.sh'], { cwd, env: { BASE: url } }), said)
}
