// The code of docs/api, taken from the pages and run: each program logs in, reads paths from its standard
// input, prints what they answer, and logs out when there are no more.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { otherSessions, register } from './account.mjs'

/** The blocks of a page, by the file name in their first comment; those without one by number. */
export function blocks(page) {
  const found = [...readFileSync(page, 'utf8').matchAll(/^```\w*\n([^]*?)^```$/gm)].map(([, code]) => code)
  const named = found.map((code, at) => [/^(?:#!.*\n)?(?:#|\/\/) (\S+\.\w+)\n/.exec(code)?.[1] ?? at, code])
  return Object.fromEntries(named)
}

/** Writes the named blocks into a directory. */
export function write(directory, code) {
  mkdirSync(directory, { recursive: true })
  for (const [name, text] of Object.entries(code)) {
    if (!/^\d+$/.test(name)) writeFileSync(join(directory, name), text)
  }
  return directory
}

/**
 * Runs a program of a page beyond the life of its access tokens.
 *
 * @param service `url`, and how many seconds an access token lives, `life`
 * @param first what the program prints before it reads
 */
export async function useProgram({ url, life }, command, args, { cwd, env = {}, first } = {}) {
  const account = await register(url)
  const child = spawn(command, args, {
    cwd, env: { PATH: process.env.PATH, BASE: url, EMAIL: account.email, PASSWORD: account.password, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const patience = setTimeout(() => child.kill('SIGKILL'), 60_000)
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text) => { complaints += text })
  const ended = new Promise((done, fail) => child.once('close', done).once('error', fail))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value } = await lines.next()
    assert.notEqual(value, undefined, `${command} ${args.join(' ')} says nothing:\n${complaints}`)
    return value
  }
  const ask = async (path) => {
    child.stdin.write(`${path}\n`)
    return JSON.parse(await next())
  }
  try {
    if (first) assert.equal(await next(), first(account))
    const before = await ask('/api/auth/me')
    assert.equal(before.user?.email, account.email)
    // The tokens have expired for certain; a refresh is the only way to the next answer.
    await sleep(life * 1000 + 500)
    const after = await ask('/api/auth/me')
    assert.equal(after.session?.id, before.session.id)
    assert.ok(after.session.last_seen_at > before.session.last_seen_at, 'it was not refreshed')
    child.stdin.end()
    assert.equal(await ended, 0, complaints)
    assert.equal(complaints, '')
    assert.deepEqual(await otherSessions(url, account), [], 'it has not logged out')
  } finally {
    clearTimeout(patience)
    child.kill('SIGKILL')
  }
}
