import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// Hosts, ports and headers are in start/serve.mjs.
export default defineConfig({
  plugins: [react()],
  // The client package is a link to a directory that has a React of its own, for its tests.
  resolve: { dedupe: ['react', 'react-dom'] },
  server: { fs: { allow: ['.', '../../client'] } },
  // Nothing inline: the Content-Security-Policy does not let `data:` in.
  build: { assetsInlineLimit: 0, chunkSizeWarningLimit: 600 },
})
