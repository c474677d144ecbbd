import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// Hosts, ports and headers are in start/serve.mjs.
export default defineConfig(({ mode }) => ({
  plugins: [react()],
  // The attack lab: while developing and in a build of its own, never in production.
  define: { __LAB__: mode !== 'production' },
  // The client package is a link to a directory that has a React of its own, for its tests.
  resolve: { dedupe: ['react', 'react-dom'] },
  server: { fs: { allow: ['.', '../../client'] } },
  // Nothing inline: the Content-Security-Policy does not let `data:` in.
  build: { assetsInlineLimit: 0, chunkSizeWarningLimit: 600 },
}))
