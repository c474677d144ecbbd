import type { AuthClient, Origin } from '@tandem-auth/client'
import { note } from './log'

const line = (text: string) => note({ text })
const where = (origin: Origin) => (origin === 'here' ? '' : ', seen from outside this tab')

/** Writes into the log what the client notices. */
export function logEvents(auth: AuthClient) {
  auth.on('signedIn', ({ origin }) => line(`Signed in${where(origin)}`))
  auth.on('signedOut', ({ reason, origin }) => line(`Signed out (${reason})${where(origin)}`))
  auth.on('userChanged', () => line('Somebody else is signed in now'))
  auth.on('renewFailed', ({ error }) => line(`Not renewed: ${error.code}. Nobody is signed out for that`))
  auth.on('renewed', ({ generation, adopted }) => {
    const which = generation ? `Generation ${generation}` : 'A new token'
    line(adopted ? `${which}, fetched by another tab` : `${which}: renewed`)
  })
}
