import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import usual from './vitest.config.js'

// The tests of the React entry once more, with the oldest React it is for: `npm ci --prefix tests/react-18`.
const { resolve } = createRequire(new URL('tests/react-18/package.json', import.meta.url))
const modules = ['react', 'react/jsx-runtime', 'react/jsx-dev-runtime', 'react-dom', 'react-dom/client', 'react-dom/server']

export default defineConfig({
  resolve: {
    alias: [
      ...(usual.resolve!.alias as []),
      ...modules.map((name) => ({ find: new RegExp(`^${name}$`), replacement: resolve(name) })),
    ],
  },
  test: {
    env: { REACT_MAJOR: '18' },
    include: ['tests/react/**/*.test.{ts,tsx}'],
    execArgv: ['--require', fileURLToPath(new URL('tests/react-18/use.cjs', import.meta.url))],
  },
})
