// What a device does to a page: another clock, a tab in the background, features that are missing, a frozen
// tab.

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

export const show = (page) => page.evaluate(() => window.hide(false))

export const without = (context, ...features) => context.addInitScript((features) => {
  for (const feature of features) {
    if (feature === 'locks') Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })
    else Object.defineProperty(window, feature, { value: undefined })
  }
}, features)

/** As a browser freezes a tab in the background: no script runs. */
export async function freezer(page) {
  const cdp = await page.context().newCDPSession(page)
  return {
    freeze: () => cdp.send('Page.setWebLifecycleState', { state: 'frozen' }),
    thaw: () => cdp.send('Page.setWebLifecycleState', { state: 'active' }),
  }
}
