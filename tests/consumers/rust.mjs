// docs/api/rust.md shows parts of the example, as they are.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { blocks } from './pages.mjs'

export function quotesItsExample(root) {
  const read = (file) => readFileSync(`${root}/${file}`, 'utf8')
  const sources = ['lib.rs', 'main.rs'].map((file) => read(`examples/client-rust/src/${file}`))
  const page = `${root}/docs/api/rust.md`
  const shown = Object.values(blocks(page)).slice(0, -1)
  assert.equal(shown.length, read('docs/api/rust.md').split('```rust\n').length - 1)
  for (const block of shown) {
    assert.ok(sources.some((source) => source.includes(block)), `not in the example:\n${block}`)
  }
}
