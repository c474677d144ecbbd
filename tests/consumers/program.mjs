import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs a program to its end. What it says is of interest only if it fails. */
export async function run(command, args, { cwd, env = {}, path = '' } = {}) {
  const { HOME, PATH } = process.env
  const options = { cwd, env: { HOME, PATH: `${path}:${PATH}`, ...env }, timeout: 180_000, maxBuffer: 1 << 26 }
  const running = promisify(execFile)(command, args, options)
  running.child.stdin.end()
  return running.then(({ stdout }) => stdout, ({ code, signal, stdout, stderr }) => {
    throw new Error(`${command} ${args[0] ?? ''}: ${signal ?? `status ${code}`}\n${stdout}\n${stderr}`)
  })
}
