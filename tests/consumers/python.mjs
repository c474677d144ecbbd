// docs/api/python.md, and the generated client that it shows.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { register } from './account.mjs'
import { blocks, runAsShown, useProgram, write } from './pages.mjs'
import { run } from './program.mjs'

export async function usePython(root, home, service) {
  const bin = `${root}/tests/.cache/consumers/bin`
  const code = blocks(`${root}/docs/api/python.md`)
  const cwd = write(join(home, 'python'), code)
  await runAsShown(service, code, { cwd, path: bin })
  await useProgram(service, `${bin}/python`, ['-B', 'main.py'], { cwd })

  const generate = Object.values(code).find((block) => block.startsWith('openapi-python-client generate'))
  await run('sh', ['-ec', generate.replace('/path/to/tandem', root)], { cwd, path: bin })
  const { email, password } = await register(service.url)
  const env = { BASE: service.url, EMAIL: email, PASSWORD: password, LIFE: String(service.life), PYTHONPATH: cwd }
  assert.equal(await run(`${bin}/python`, ['-B', 'generated.py'], { cwd, env }), `${email}\n`)
  await run(`${bin}/python`, ['-B', `${root}/tests/consumers/by_generated_client.py`], { cwd, env })
}
