// The code of docs/api, taken from the pages and run: each program logs in, reads paths from its standard
// input, prints what they answer, and logs out when there are no more.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { otherSessions, register } from './account.mjs'
import { run } from './program.mjs'

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
 * Starts a program of a page for somebody new.
 *
 * @param first what the program prints before it reads
 */
export async function start({ url }, command, args, { cwd, env = {}, first } = {}) {
  const account = await register(url)
  const child = spawn(command, args, {
    cwd, env: { PATH: process.env.PATH, BASE: url, EMAIL: account.email, PASSWORD: account.password, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const patience = setTimeout(() => child.kill('SIGKILL'), 60_000)
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text) => { complaints += text })
  const ended = new Promise((done, fail) => child.once('close', done).once('error', fail))
    .finally(() => clearTimeout(patience))
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
  if (first) assert.equal(await next(), first(account))
  return { account, child, ask, ended, complaints: () => complaints }
}

/**
 * Runs a program of a page beyond the life of its access tokens.
 *
 * @param service `url`, and how many seconds an access token lives, `life`
 */
export async function useProgram(service, command, args, options) {
  const { account, child, ask, ended, complaints } = await start(service, command, args, options)
  try {
    const before = await ask('/api/auth/me')
    assert.equal(before.user?.email, account.email)
    // The tokens have expired for certain; a refresh is the only way to the next answer.
    await sleep(service.life * 1000 + 500)
    const after = await ask('/api/auth/me')
    assert.equal(after.session?.id, before.session.id)
    assert.ok(after.session.last_seen_at > before.session.last_seen_at, 'it was not refreshed')
    child.stdin.end()
    assert.equal(await ended, 0, complaints())
    assert.equal(complaints(), '')
    assert.deepEqual(await otherSessions(service.url, account), [], 'it has not logged out')
  } finally {
    child.kill('SIGKILL')
  }
  await keepsToTheService(service, command, args, options)
}

/** The command that a page shows, after its question for the password. */
export async function runAsShown({ url }, code, options = {}) {
  const shown = Object.values(code).find((block) => block.startsWith('echo '))
  const email = /EMAIL=(\S+)/.exec(shown)[1]
  // Each page has its own Ada.
  const own = `${randomUUID()}-${email}`
  const { password } = await register(url, own)
  const env = { BASE: url, PASSWORD: password }
  const said = await run('sh', ['-ec', shown.replace(email, own)], { ...options, env })
  assert.equal(JSON.parse(said.trim().split('\n').at(-1)).user?.email, own)
}

/** Lines that are no paths of the service: whoever they name is sent neither half. */
async function keepsToTheService(service, command, args, options) {
  const brought = []
  const foreign = createServer(({ url, headers: { authorization, cookie } }, response) => {
    if (authorization || cookie) brought.push(url)
    response.end('{}')
  })
  await once(foreign.listen(0, '127.0.0.1'), 'listening')
  const { port } = foreign.address()
  try {
    for (const before of ['@', 'http://', '//']) {
      const { account, child, ask, ended } = await start(service, command, args, options)
      assert.equal((await ask('/api/auth/me')).user?.email, account.email)
      child.stdin.end(`${before}127.0.0.1:${port}/x\n`)
      await ended
      assert.deepEqual(brought, [], `${command} ${args.join(' ')}, ${before}`)
    }
  } finally {
    foreign.closeAllConnections()
    foreign.close()
  }
}
