// The test pages, built from the sources of the client.

import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const html = (inside) => ['text/html; charset=utf-8', `<!doctype html><title>page</title>${inside}`]
const running = (script) => html(`<div id="root"></div><script type="module" src="${script}"></script>`)

/** A login that sends everybody back as they came. */
const BOUNCE = '<script>setTimeout(() => location.replace(new URLSearchParams(location.search).get("returnTo")), 50)</script>'

/** What the proxy hands out: path, type and text. */
export async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [here('page.js'), here('react-page.jsx')],
    outdir: '/',
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    nodePaths: [here('../../../client/node_modules')],
    logLevel: 'error',
  })
  const scripts = outputFiles.map(({ path, text }) => [path, ['text/javascript', text]])
  return {
    '/': running('/page.js'),
    '/react': running('/react-page.js'),
    '/login': html('<h1>log in</h1>'),
    '/bounce': html(BOUNCE),
    '/blank': html('blank'),
    ...Object.fromEntries(scripts),
  }
}
