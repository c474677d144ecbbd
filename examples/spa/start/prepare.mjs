// Makes a fresh clone ready: the client package built, the example's packages installed, the service there.

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const example = join(root, 'examples/spa')
const client = join(root, 'client')

/** Returns the path of the service's program. */
export function prepare(program) {
  buildClient()
  install(example)
  return program ? resolve(program) : findProgram()
}

export function buildClient() {
  if (newest(join(client, 'src')) <= newest(join(client, 'dist'))) return
  install(client)
  run('npm', ['run', 'build', '--silent'], client)
}

function install(directory) {
  // npm writes this file when an installation is complete.
  if (time(join(directory, 'node_modules/.package-lock.json')) >= time(join(directory, 'package-lock.json'))) return
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], directory)
}

function findProgram() {
  const built = ['release', 'debug'].map((profile) => join(root, 'target', profile, 'tandem'))
  const found = built.find(existsSync)
  if (found) return found
  console.log('The service has not been built yet. That takes some minutes, once.')
  run('cargo', ['build', '--release', '--bin', 'tandem'], root)
  return built[0]
}

function run(program, parameters, directory) {
  console.log(`${program} ${parameters.join(' ')}   (in ${directory})`)
  execFileSync(program, parameters, { cwd: directory, stdio: 'inherit' })
}

/** The time of the file in `directory` that was changed last; 0 if there is none. */
function newest(directory) {
  if (!existsSync(directory)) return 0
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Math.max(0, ...files.map((file) => time(join(file.parentPath ?? file.path, file.name))))
}

function time(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
