// What the pages for React show is what these tests run: each block is the file that it names.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const here = new URL('.', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, here), 'utf8')

const pages = ['quick-start', 'react', 'session-mode', 'errors', 'testing', 'troubleshooting'].map((page) => [page, read(`../../../docs/spa/${page}.md`)] as const)
const blocks = pages.flatMap(([page, text]) =>
  [...text.matchAll(/^```tsx?\n(\/\/ (\S+)\n.*?)^```$/gms)].map(([, code, name]) => ({ page, name: name!, code: code! })),
)

test.each(blocks)('$page: $name', ({ name, code }) => {
  expect(code).toBe(read(name))
})

test('every block names a file, and every recipe is shown', () => {
  const opened = pages.flatMap(([, text]) => text.match(/^```(ts|js)x?$/gm) ?? [])
  expect(opened).toHaveLength(blocks.length)
  const own = ['documents.test.ts', 'main.test.tsx', 'run.test.tsx', 'tsconfig.json', 'auth.ts', 'src']
  const recipes = readdirSync(here).filter((file) => !own.includes(file))
  expect(recipes.filter((file) => !blocks.some(({ name }) => name === file))).toEqual([])
})
