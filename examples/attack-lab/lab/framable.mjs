// What stands in the headers of pages that somebody might put into a frame.

import { request } from 'node:https'

/** Whoever resolves names on this machine: the lab is on the loopback interface. */
export function framable(url) {
  const { hostname, port, pathname } = new URL(url)
  const options = {
    host: '127.0.0.1', servername: hostname, port, path: pathname, rejectUnauthorized: false,
    headers: { host: `${hostname}:${port}` },
  }
  return new Promise((done, fail) => {
    request(options, (answer) => {
      answer.resume()
      const { 'content-security-policy': policy = '', 'x-frame-options': old } = answer.headers
      const said = [/frame-ancestors [^;]*/.exec(policy)?.[0], old && `X-Frame-Options: ${old}`].filter(Boolean)
      done({ url, status: answer.statusCode, policy: said.join('; ') || 'nothing forbids it' })
    }).once('error', fail).end()
  })
}
