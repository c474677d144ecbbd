// The program under test, started in a temporary directory on a free port.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * @param {string} program path of the `tandem` binary
 * @param {Record<string, string>} settings environment variables beside the listening address
 */
export async function startTandem(program, settings = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'tandem-browser-'))
  const child = spawn(program, ['serve', '--dev'], {
    cwd: directory,
    env: { ...withoutTandem(process.env), TANDEM_SERVER__LISTEN: '127.0.0.1:0', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  const ended = new Promise((done) => child.once('close', done))
  // Whatever ends this process ends the server.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)

  const stop = async () => {
    if (child.pid) {
      child.kill('SIGTERM')
      const patience = setTimeout(kill, 10_000)
      await ended
      clearTimeout(patience)
    }
    process.off('exit', kill)
    rmSync(directory, { recursive: true, force: true })
  }

  let giveUp
  const url = await new Promise((found, fail) => {
    giveUp = setTimeout(() => fail(new Error(`no address within 30 s:\n${log}`)), 30_000)
    const read = (chunk) => {
      log += chunk
      const address = /listening on (http:\/\/[^\s"]+)/.exec(log)
      if (address) found(address[1])
    }
    child.stdout.setEncoding('utf8').on('data', read)
    child.stderr.setEncoding('utf8').on('data', read)
    child.once('error', fail)
    ended.then((status) => fail(new Error(`${program} ended with status ${status}:\n${log}`)))
  })
    .catch(async (error) => {
      await stop()
      throw error
    })
    .finally(() => clearTimeout(giveUp))
  return { url, directory, pid: child.pid, stop, log: () => log }
}

/** The caller's own settings must not leak into what is tested. */
function withoutTandem(environment) {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('TANDEM_')))
}
