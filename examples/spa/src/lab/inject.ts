import script from './injected.js?url&no-inline'

/** The switch. Only this tab, and no link can set it. */
const SWITCH = 'lab.injected'

export const isInjected = () => sessionStorage.getItem(SWITCH) === 'on'

export function setInjected(on: boolean) {
  if (on) sessionStorage.setItem(SWITCH, 'on')
  else sessionStorage.removeItem(SWITCH)
  location.reload()
}

/** As a poisoned dependency or a hole in the page would bring it in: a script of the page's own origin. */
export async function injectIfWanted() {
  if (!isInjected()) return
  await new Promise<void>((done) => {
    const element = document.createElement('script')
    element.src = script
    element.onload = element.onerror = () => done()
    document.head.append(element)
  })
}
