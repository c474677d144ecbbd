import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(`src/${path}`, import.meta.url))

export default defineConfig({
  // What the documentation imports by the package's name is what is tested.
  resolve: {
    alias: [
      { find: /^@tandem-auth\/client$/, replacement: source('index.ts') },
      { find: /^@tandem-auth\/client\/react$/, replacement: source('react/index.tsx') },
      { find: /^@tandem-auth\/client\/testing$/, replacement: source('testing/index.ts') },
    ],
  },
  // Only what hangs is stopped: other work on the machine must not fail a test.
  test: { environment: 'node', include: ['tests/**/*.test.{ts,tsx}'], testTimeout: 120_000 },
})
