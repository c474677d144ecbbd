// The test pages, built from the sources of the client.

import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const html = (script) => ['text/html; charset=utf-8',
  `<!doctype html><title>page</title><div id="root"></div><script type="module" src="${script}"></script>`]

/** What the proxy hands out: path, type and text. */
export async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [here('page.js')],
    outdir: '/',
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"development"' },
    nodePaths: [here('../../../client/node_modules')],
    logLevel: 'error',
  })
  const scripts = outputFiles.map(({ path, text }) => [path, ['text/javascript', text]])
  const blank = ['text/html', '<!doctype html><title>blank</title>']
  return { '/': html('/page.js'), '/blank': blank, ...Object.fromEntries(scripts) }
}
