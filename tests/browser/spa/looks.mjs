// What every screen has to pass: nothing serious for axe, nothing wider than the screen, no token in sight.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const SIZES = { 1280: 860, 360: 740 }

/** `directory` gets a picture for each width and colour scheme; of all screens, or of those in `only`. */
export function looker(page, directory, only) {
  mkdirSync(directory, { recursive: true })
  return async function look(name) {
    await noToken(page, name)
    if (only && !only.includes(name)) return
    // No transition is half way in a picture.
    await page.emulateMedia({ reducedMotion: 'reduce' })
    for (const [width, height] of Object.entries(SIZES)) {
      await page.setViewportSize({ width: Number(width), height })
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme })
        // Narrow or wide, the colours are the same.
        if (width === '1280' || colorScheme === 'light') await complaints(page, `${name}, ${width}, ${colorScheme}`)
        await page.screenshot({ path: `${directory}/${name}-${width}-${colorScheme}.png`, fullPage: true })
      }
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      assert.ok(wider <= 0, `${name} is ${wider} pixels wider than ${width}`)
    }
    await page.setViewportSize({ width: 1280, height: 860 })
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'no-preference' })
  }
}

async function complaints(page, where) {
  await page.evaluate(`${axe}; undefined`)
  const { violations } = await page.evaluate(() => window.axe.run({
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }))
  const found = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map(({ html, any }) => `${html} ${any[0]?.message ?? ''}`).join('\n  ')}`)
  assert.deepEqual(found, [], `axe, ${where}`)
}

/** Not in what is shown, not in attributes, not in the values of inputs. */
export async function noToken(page, where) {
  const text = await page.evaluate(() => document.documentElement.outerHTML
    + [...document.querySelectorAll('input')].map((input) => input.value).join('\n'))
  assert.doesNotMatch(text, /eyJ|tdm_/, `${where} shows something like a token`)
}
