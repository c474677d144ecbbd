// docs/api/curl.md.

import { join } from 'node:path'
import { blocks, useProgram, write } from './pages.mjs'

export async function useShell(root, home, service) {
  const cwd = write(join(home, 'shell'), blocks(`${root}/docs/api/curl.md`))
  await useProgram(service, 'sh', ['tandem.sh'], { cwd })
}
