// The service, in a directory of its own, on a port that is free.

import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'

/** Resolves with where it listens, `stop`, and `ended`, which resolves with the end of its log. */
export async function startService({ program, directory, settings }) {
  mkdirSync(directory, { recursive: true })
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('TANDEM_'))
  const child = spawn(program, ['serve', '--dev'], {
    cwd: directory,
    env: { ...Object.fromEntries(inherited), TANDEM_SERVER__LISTEN: '127.0.0.1:0', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  let log = ''
  const ended = new Promise((done) => {
    child.once('error', (error) => done(error.message))
    child.once('close', () => done(log))
  }).finally(() => process.off('exit', kill))

  const listening = new Promise((found) => {
    const read = (chunk) => {
      // The password of the demo user is for a terminal, not for a report of an error.
      log = (log + chunk).replace(/(Password +)\S+/, '$1…').slice(-20_000)
      const address = /listening on (http:\/\/[^\s"]+)/.exec(log)
      if (address) found(address[1])
    }
    child.stdout.setEncoding('utf8').on('data', read)
    child.stderr.setEncoding('utf8').on('data', read)
  })
  const url = await Promise.race([listening, ended.then((why) => { throw new Error(`${program}:\n${why}`) })])
  const stop = async () => {
    child.kill('SIGTERM')
    const patience = setTimeout(kill, 10_000)
    await ended
    clearTimeout(patience)
  }
  return { url, stop, ended, log: () => log }
}
