// What a device does to a page: another clock, a tab in the background, features that are missing, a tab that
// is frozen.

/** Before any page of the context is loaded: its clock can be moved, and so that it looks hidden. */
export function movable(context) {
  return context.addInitScript(() => {
    const Real = Date
    window.skew = Number(sessionStorage.getItem('test:skew') ?? 0)
    window.Date = class extends Real {
      constructor(...given) {
        if (given.length > 0) super(...given)
        else super(Real.now() + window.skew)
      }

      static now() {
        return Real.now() + window.skew
      }
    }
    window.hide = (hidden) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => (hidden ? 'hidden' : 'visible') })
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden })
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
    }
  })
}

export const HOUR = 3_600_000

/** From now on, and after a reload too. */
export const moveClock = (page, ms) => page.evaluate((ms) => {
  window.skew += ms
  sessionStorage.setItem('test:skew', window.skew)
}, ms)

/** In the background a client sets no timers, so that nothing happens but what a test asks for. */
export const hide = (page) => page.evaluate(() => window.hide(true))

/** In the background, and to the client its token is an old one, however long the service takes it yet. */
export async function outdate(...tabs) {
  for (const tab of tabs) {
    await hide(tab)
    await moveClock(tab, HOUR)
  }
}

export const without = (context, ...features) => context.addInitScript((features) => {
  for (const feature of features) {
    if (feature === 'locks') Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })
    else Object.defineProperty(window, feature, { value: undefined })
  }
}, features)

/**
 * As a frozen tab: no script runs, no timer, no promise. A browser freezes only what is in the background, and
 * nothing is in the background here: so the debugger stops it.
 */
export async function freezer(page) {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Debugger.enable')
  return {
    freeze: async () => {
      const stopped = new Promise((done) => cdp.once('Debugger.paused', done))
      await cdp.send('Debugger.pause')
      cdp.send('Runtime.evaluate', { expression: 'void 0' }).catch(() => {})
      await stopped
    },
    thaw: () => cdp.send('Debugger.resume'),
  }
}
