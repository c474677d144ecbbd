// The proxies, with the very files of `examples/proxies`: addresses and places are exchanged, no more.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'

const examples = fileURLToPath(new URL('../../examples/proxies', import.meta.url))

/** A port that nobody has, as far as one can know. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** Each of `changes` has to be there: an example that has changed must not be tested as it was. */
function adapt(file, changes) {
  let text = readFileSync(join(examples, file), 'utf8')
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`${file} has no ${JSON.stringify(from)}`)
    text = text.replaceAll(from, () => to)
  }
  return text
}

/** A certificate for the names of the examples. */
export function makeCertificate(directory) {
  const [certificate, key] = [join(directory, 'fullchain.pem'), join(directory, 'privkey.pem')]
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=api.example.com', '-addext', 'subjectAltName=DNS:api.example.com,DNS:ui.example.com',
    '-keyout', key, '-out', certificate,
  ], { stdio: 'pipe' })
  return { certificate, key }
}

export async function startNginx(file, { directory, certificate, key, tandem, upstream }) {
  const home = join(directory, file)
  mkdirSync(home)
  const [port, plainPort] = [await freePort(), await freePort()]
  const pages = makePage(home)
  const changes = [
    ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
    ['listen 80;', `listen 127.0.0.1:${plainPort};`],
    ['/etc/ssl/api.example.com/fullchain.pem', certificate],
    ['/etc/ssl/api.example.com/privkey.pem', key],
    ['127.0.0.1:8080', tandem],
    ['127.0.0.1:9000', upstream],
    ['/var/log/nginx/api.log', join(home, 'api.log')],
    ['/var/log/nginx/api-error.log', join(home, 'error.log')],
    ['/srv/app', pages],
  ]
  if (file.includes('sibling')) {
    changes.push(
      ['/etc/ssl/ui.example.com/fullchain.pem', certificate],
      ['/etc/ssl/ui.example.com/privkey.pem', key],
    )
  }
  writeFileSync(join(home, 'site.conf'), adapt(file, changes))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  writeFileSync(join(home, 'nginx.conf'), `
daemon off;
worker_processes 1;
${process.getuid() === 0 ? 'user root;' : ''}
pid ${home}/pid;
error_log ${home}/error.log warn;
events { }
http {
  include /etc/nginx/mime.types;
  ${temporary.map((name) => `${name}_temp_path ${home}/${name};`).join('\n  ')}
  include ${home}/site.conf;
}
`)
  const arguments_ = ['-c', join(home, 'nginx.conf'), '-e', join(home, 'error.log')]
  return start('nginx', arguments_, { name: file, port, plainPort, home, log: join(home, 'error.log') })
}

export async function startCaddy(file, { directory, certificate, key, tandem, upstream }) {
  const home = join(directory, file)
  mkdirSync(home)
  const [port, plainPort] = [await freePort(), await freePort()]
  const options = `{\n\tadmin off\n\tauto_https disable_redirects\n\thttp_port ${plainPort}\n\thttps_port ${port}\n}\n`
  const text = adapt(file, [
    ['\napi.example.com {\n', `\nhttps://api.example.com:${port} {\n\ttls ${certificate} ${key}\n`],
    ['\nhttp://api.example.com {', `\nhttp://api.example.com:${plainPort} {`],
    ['127.0.0.1:8080', tandem],
    ['127.0.0.1:9000', upstream],
    ['/srv/app', makePage(home)],
  ])
  const config = join(home, 'Caddyfile')
  writeFileSync(config, options + text)
  const environment = { HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home }
  const arguments_ = ['run', '--config', config, '--adapter', 'caddyfile']
  return start('caddy', arguments_, { name: file, port, plainPort, home, environment })
}

export async function startHaproxy(file, { directory, certificate, key, tandem, upstream }) {
  const home = join(directory, file)
  mkdirSync(home)
  const [port, plainPort] = [await freePort(), await freePort()]
  const [lua, both] = [join(home, 'tandem.lua'), join(home, 'all.pem')]
  writeFileSync(lua, adapt('tandem.lua', [['127.0.0.1:8080', tandem]]))
  writeFileSync(both, readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'))
  const text = adapt(file, [
    ['log  /dev/log', 'log stdout format raw'],
    ['bind :443', `bind 127.0.0.1:${port}`],
    ['bind :80', `bind 127.0.0.1:${plainPort}`],
    ['/etc/haproxy/tandem.lua', lua],
    ['/etc/ssl/api.example.com/all.pem', both],
    ['127.0.0.1:8080', tandem],
    ['127.0.0.1:9000', upstream],
  ])
  const config = join(home, 'haproxy.cfg')
  writeFileSync(config, text)
  return start('haproxy', ['-db', '-f', config], { name: file, port, plainPort, home })
}

function makePage(home) {
  const pages = join(home, 'pages')
  mkdirSync(pages)
  writeFileSync(join(pages, 'index.html'), '<!doctype html><title>the page</title>')
  return pages
}

async function start(program, arguments_, { name, port, plainPort, home, environment = {}, log }) {
  const child = spawn(program, arguments_, {
    cwd: home,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => (output += chunk))
  }
  let failure
  const ended = new Promise((done) => child.once('close', done))
  child.once('error', (error) => (failure = error))
  const kill = () => child.kill('SIGTERM')
  process.once('exit', kill)
  const told = () => output + (log ? readFileSync(log, { encoding: 'utf8', flag: 'a+' }) : '')
  const stop = async () => {
    kill()
    const patience = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await ended
    clearTimeout(patience)
    process.off('exit', kill)
  }
  for (let tries = 0; tries < 100; tries++) {
    if (failure || child.exitCode !== null) throw new Error(`${program} did not start: ${failure ?? told()}`)
    if (await listens(port)) return { name, port, plainPort, stop, told }
    await sleep(100)
  }
  await stop()
  throw new Error(`${program} does not listen: ${told()}`)
}

function listens(port) {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => done(true)).once('error', () => done(false))
    socket.once('connect', () => socket.destroy())
  })
}
