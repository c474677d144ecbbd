// The proxy cookbook, as it stands in `examples/proxies`: real proxies in front of the real service and a
// small API, and what the cookbook promises of them.
//
//   node tests/proxies/run.mjs [PROGRAM]     default: target/debug/tandem

import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startTandem } from '../browser/server.mjs'
import { checks, darkChecks, deafChecks, hangChecks, limitChecks, people, siblingChecks } from './checks.mjs'
import { register } from './client.mjs'
import { makeCertificate, startCaddy, startHaproxy, startNginx } from './proxies.mjs'
import { startUpstream } from './upstream.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = resolve(process.argv[2] ?? join(root, 'target/debug/tandem'))

// What is behind https, with a page on a sibling host. Hashing is made cheap: it is not tested here.
const settings = {
  TANDEM_SERVER__PUBLIC_URL: 'https://api.example.com',
  TANDEM_SERVER__ALLOWED_ORIGINS: 'https://ui.example.com',
  TANDEM_SERVER__TRUSTED_PROXIES: '127.0.0.1/32',
  TANDEM_PASSWORDS__MEMORY: '8192',
  TANDEM_PASSWORDS__ITERATIONS: '1',
}

let passed = 0
const failed = []
const stops = []
const directory = mkdtempSync(join(tmpdir(), 'tandem-proxies-'))

async function run(stage, list) {
  for (const [name, check] of Object.entries(list)) {
    try {
      await check(stage)
      passed += 1
    } catch (error) {
      failed.push(stage)
      console.error(`${stage.name}: ${name}: ${error.stack}`)
    }
  }
}

async function stageOf(proxy, emails, upstream) {
  const file = join(directory, proxy.name, 'api.log')
  const accessLog = () => (existsSync(file) ? readFileSync(file, 'utf8') : '')
  // HAProxy serves no files.
  const page = { 'nginx-sibling.conf': { Host: 'ui.example.com' }, 'haproxy.cfg': null }[proxy.name]
  const stage = { ...proxy, upstream, accessLog, page: page === undefined ? {} : page, email: emails.ada }
  return { ...stage, ...(await people({ port: proxy.port, emails })) }
}

try {
  const tandem = await startTandem(program, settings)
  stops.push(tandem.stop)
  const upstream = await startUpstream()
  stops.push(upstream.stop)
  const emails = { ada: `${randomUUID()}@example.com`, bob: `${randomUUID()}@example.com` }
  for (const email of Object.values(emails)) await register(tandem.url, email)
  execFileSync(program, ['user', 'set-roles', emails.ada, 'editor', '--dev'], {
    cwd: tandem.directory,
    env: { PATH: process.env.PATH, ...settings },
    stdio: 'pipe',
  })

  const setting = {
    directory,
    ...makeCertificate(directory),
    tandem: new URL(tandem.url).host,
    upstream: `127.0.0.1:${upstream.port}`,
  }
  const stages = []
  for (const start of [
    () => startNginx('nginx.conf', setting),
    () => startNginx('nginx-sibling.conf', setting),
    () => startCaddy('Caddyfile', setting),
    () => startHaproxy('haproxy.cfg', setting),
  ]) {
    const proxy = await start()
    stops.push(proxy.stop)
    stages.push(await stageOf(proxy, emails, upstream))
  }
  for (const stage of stages) {
    await run(stage, checks)
    if (stage.name.includes('sibling')) await run(stage, siblingChecks)
    if (stage.name.includes('nginx')) await run(stage, limitChecks)
  }
  await upstream.stop()
  for (const stage of stages) await run(stage, deafChecks)
  await upstream.resume()
  process.kill(tandem.pid, 'SIGSTOP')
  await Promise.all(stages.map((stage) => run(stage, hangChecks)))
  process.kill(tandem.pid, 'SIGCONT')
  await tandem.stop()
  for (const stage of stages) await run(stage, darkChecks)
} catch (error) {
  failed.push({})
  console.error(error.stack)
} finally {
  for (const { name, told } of new Set(failed)) {
    if (told) console.error(`\nthe end of the log of ${name}:\n${told().split('\n').slice(-20).join('\n')}`)
  }
  for (const stop of stops.reverse()) await stop()
  rmSync(directory, { recursive: true, force: true })
}
console.log(`proxies: ${passed} checks passed, ${failed.length} failed`)
process.exitCode = failed.length === 0 ? 0 : 1
