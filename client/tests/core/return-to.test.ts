import { afterEach, expect, test, vi } from 'vitest'
import { safeReturnTo } from '../../src/index.js'

afterEach(() => void vi.unstubAllGlobals())

test.each([
  '/', '/orders', '/orders?page=2#last', '/a/b/../c', '/%2Fevil.example', '/search?q=//evil.example',
  '/login?next=https://evil.example', '/@evil.example', '/:80',
])('%s stays here', (path) => {
  const safe = safeReturnTo(path)
  expect(safe.startsWith('/')).toBe(true)
  const landed = new URL(safe, 'https://app.example')
  expect(landed.href).toBe(new URL(path, 'https://app.example').href)
  expect(landed.origin).toBe('https://app.example')
})

test.each([
  '//evil.example', '/\\evil.example', '\\\\evil.example', '///evil.example', '//[',
  '/.//evil.example', '/..//evil.example', '/x/..//evil.example', '/%2e%2e//evil.example', '//evil.example/%2e%2e',
  '/\t/evil.example', '/\n/evil.example', '\t//evil.example', ' //evil.example',
  'https://evil.example', 'https:evil.example', 'http:/evil.example', 'evil.example',
  'javascript:alert(1)', 'JavaScript:alert(1)', 'data:text/html,x', 'orders', '?x', '#x', '', null, undefined,
])('%j goes to /', (text) => {
  const safe = safeReturnTo(text)
  expect(safe).toBe('/')
})

test('whatever comes out leads to this origin, in any page', () => {
  for (const origin of ['https://app.example', 'http://localhost:5173']) {
    vi.stubGlobal('location', new URL(`${origin}/some/page`))
    for (const text of ['/x', '//x', '/\\x', '/.//x', `${origin}/x`, '/x//y', '/;//x']) {
      const safe = safeReturnTo(text)
      expect(new URL(safe, `${origin}/some/page`).origin).toBe(origin)
      expect(safe).not.toMatch(/^\/[/\\]/)
    }
  }
})
