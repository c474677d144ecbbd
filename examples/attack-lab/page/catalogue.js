// All attacks, in the order in which they run. `outcome` is what docs/threat-model.md promises, in each flow:
// `stopped`, or `documented` for what it says is not stopped. A flow that is missing: does not apply. `from`: only
// on a `sibling` host, or only on a `foreign` one. `needs`: `app` a signed-in window of the app, opened from the
// lab; `script` its injected script, too. The tests read this.

const BOTH = { dual: 'stopped', session: 'stopped' }
const NEITHER = { dual: 'documented', session: 'documented' }

export const ATTACKS = [
  {
    id: 'forged', title: 'Forged requests', outcome: BOTH,
    about: 'Every operation that changes something, by forms of three kinds, fetches of many kinds and beacons, in '
      + 'frames and as pages of their own.',
    defence: 'The origin is checked before any credential is read. Cookies are SameSite=Strict. No browser attaches '
      + 'the body half by itself.',
  },
  {
    id: 'login-csrf', title: 'Login in disguise', outcome: BOTH,
    about: 'Signs the victim’s browser in as the attacker, with a right password, so that the victim works in the '
      + 'attacker’s account.',
    defence: 'The origin is checked at both logins, before the password is.',
  },
  {
    id: 'tossing', title: 'Tossed cookies', outcome: BOTH, from: 'sibling', needs: 'script',
    about: 'Plants cookies for the whole domain, named like those of the service: junk, and genuine ones of the '
      + 'attacker’s own session.',
    defence: 'Browsers refuse __Host- cookies with a Domain. A planted refresh cookie is ignored: no genuine tag, or '
      + 'another session.',
  },
  {
    id: 'framing', title: 'Clickjacking', outcome: BOTH,
    about: 'Puts the app, the API explorer and a page of the service into invisible frames.',
    defence: 'frame-ancestors \'none\' in the Content-Security-Policy of each of them.',
  },
  {
    id: 'messages', title: 'Messages and openers', outcome: BOTH, needs: 'app',
    about: 'Sends messages to the app’s window that look like those between its tabs, and reads what it can of that '
      + 'window.',
    defence: 'Tabs talk over a channel of their own origin. The app listens to no window.',
  },
  {
    id: 'addresses', title: 'Addresses', outcome: BOTH, needs: 'app',
    about: 'Sends the app to return addresses elsewhere (//evil, https://evil, javascript:), and looks for tokens in '
      + 'all addresses and referrers so far.',
    defence: 'The app takes no address from an address. Tokens travel in headers and bodies only.',
  },
  {
    id: 'storage', title: 'Stolen storage', outcome: BOTH, needs: 'script',
    about: 'The injected script reads all storage and every header it sees. The thief tries that in a browser of his '
      + 'own, beside cookies of his own.',
    defence: 'The cookie half is missing; two halves of different sessions are no pair.',
  },
  {
    id: 'authorization', title: 'A leaked Authorization header', outcome: BOTH, needs: 'app',
    about: 'One log line with the header of a call, used elsewhere. In the session flow that is the short token.',
    defence: 'The cookie half is missing.',
  },
  {
    id: 'cookies', title: 'A leaked Cookie header', outcome: { dual: 'stopped' }, needs: 'app',
    about: 'One log line with all cookies, used elsewhere, beside a body half of the thief’s own, too.',
    defence: 'The body half is missing. Half a credential ends no session, either.',
  },
  {
    id: 'jar', title: 'A copied cookie jar', outcome: { session: 'documented' }, needs: 'app',
    about: 'The same in the session flow, where the jar is a whole credential.',
    defence: 'Nothing, until the session ends. HttpOnly keeps it from scripts; logout, the list of sessions and its '
      + 'deadlines bound it.',
  },
  {
    id: 'copy', title: 'A full copy, in time', outcome: { dual: 'documented' }, needs: 'app',
    about: 'Malware copies storage and jar together, and uses all four tokens before anybody has noticed.',
    defence: 'Nothing, while the copy keeps pace.',
  },
  {
    id: 'riding', title: 'Riding the live page', outcome: NEITHER, needs: 'script',
    about: 'The injected script calls the service from within the page, and the browser adds the cookie half.',
    defence: 'Nothing, while the page is open: a Content-Security-Policy and few dependencies keep such scripts out.',
  },
  {
    id: 'dismounted', title: 'Riding a page that is gone', outcome: BOTH, needs: 'script',
    about: 'The same once the page is closed, with all that the script had in its hands.',
    defence: 'The cookie half stayed behind.',
  },
  {
    id: 'late', title: 'A full copy, left behind', outcome: { dual: 'stopped' }, from: 'foreign', needs: 'script',
    about: 'The same four tokens as malware has them, after the owner has renewed and used them. This one ends the '
      + 'session, for both.',
    defence: 'Reuse of superseded tokens ends the session.',
  },
  {
    id: 'flood', title: 'A flooded cookie jar', outcome: NEITHER, from: 'sibling', needs: 'script',
    about: 'Sets so many cookies for the whole domain that the browser throws others out. This one signs the victim '
      + 'out.',
    defence: 'Nothing. But the attacker gets nothing by it: signing in again is all it takes.',
  },
]

/** Whether an attack is one for this place and flow. */
export const applies = ({ from, outcome }, { isSibling, flow }) =>
  flow in outcome && (!from || (from === 'sibling') === isSibling)
