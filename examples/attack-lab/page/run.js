import { forged, loginCsrf } from './attacks/forged.js'
import { flood, tossing } from './attacks/cookies.js'
import { addresses, framing, messages } from './attacks/windows.js'
import { dismounted, fromLog, late, riding, storage } from './attacks/theft.js'
import { appWindow, command, setup } from './stage.js'

const RUN = {
  forged, 'login-csrf': loginCsrf, tossing, framing, messages, addresses, storage,
  authorization: fromLog('authorization'), cookies: fromLog('cookies'), jar: fromLog('jar'), copy: fromLog('copy'),
  riding, dismounted, late, flood,
}

/** What is missing for an attack, in words; `null` if nothing is. */
export async function missing({ needs }) {
  if (!needs) return null
  if (!appWindow()) return 'Open the app first, from here.'
  if (needs === 'app') return null
  const ride = () => command('ride', `${setup.service}/api/auth/me`)
  // Twice: an attack before this one may have loaded the app anew.
  const answer = (await ride()) ?? (await ride())
  if (!answer) return 'Switch on the injected script in the app, under “Attack lab”.'
  return answer.status === 200 ? null : 'Sign in to the app first.'
}

export const run = (attack, flow) => RUN[attack.id]({ flow })
