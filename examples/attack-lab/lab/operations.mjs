// All operations that change something, as the service's own description has them: a new one is attacked too.

import { readFileSync } from 'node:fs'

const described = new URL('../../../openapi/openapi.json', import.meta.url)
const SAFE = ['get', 'head', 'options', 'trace']

/** `account` takes the place of the people in the examples. */
export function operations(account) {
  const { paths } = JSON.parse(readFileSync(described, 'utf8'))
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => describe(path, method, operation, account)))
  return {
    changing: all.filter(({ method }) => !SAFE.includes(method.toLowerCase())),
    protected: all.filter(({ method, open }) => method === 'GET' && !open),
  }
}

function describe(path, method, { operationId: id, requestBody, security }, account) {
  const [[type, { example = {} }]] = Object.entries(requestBody?.content ?? { 'application/json': {} })
  const known = Object.entries(account).filter(([name]) => name in example)
  return {
    id, type,
    method: method.toUpperCase(),
    path: path.replace(/\{\w+\}/g, '0199a1de-0000-7000-8000-000000000000'),
    body: { ...example, ...Object.fromEntries(known) },
    open: security?.some((way) => Object.keys(way).length === 0) ?? true,
  }
}
