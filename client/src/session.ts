import { AuthError } from './errors.js'
import type { Flow } from './flow.js'
import { claims, held, type Held, type TokenAnswer } from './held.js'
import type { Answer, Requests } from './requests.js'

/** A session cookie in the jar, exchanged for a pair that lives for a minute. Nothing is kept but in here. */
export function sessionFlow({ call }: Requests): Flow {
  let current: Held | null = null
  /** Counts sign-ins and sign-outs: what was asked for before one of them comes too late. */
  let epoch = 0

  async function exchange(): Promise<Held | null> {
    const begun = epoch
    let next: Held | null = null
    try {
      const form = new URLSearchParams({ grant_type: 'session' })
      next = await owned(await call('POST', '/iam/oauth/token', 200, undefined, form))
    } catch (error) {
      if ((error as AuthError).code !== 'signed_out') throw error
    }
    return begun === epoch ? (current = next) : current
  }

  /** With its owner: known from before, or asked for. */
  async function owned({ body, askedAt }: Answer<TokenAnswer>): Promise<Held> {
    const { sid, roles } = claims(body.access_token)
    const known = current?.session.id === sid && `${current.user.roles}` === `${roles}`
    const { user, session } = known ? current! : (await call<Held>('GET', '/api/auth/me', 200, body.access_token)).body
    return held({ body: { ...body, user, session }, askedAt })
  }

  return {
    isShared: () => false,
    asks: true,
    read: async () => current,
    renew: async () => ({ held: await exchange(), asked: true }),

    async signIn(credentials) {
      await call('POST', '/iam/passwordlogin', 204, undefined, credentials)
      epoch++
      const next = await exchange()
      if (!next) throw new AuthError('cookies_blocked')
      return next
    },

    async accept(answer) {
      epoch++
      return (current = held(answer))
    },

    async forget() {
      const before = current
      epoch++
      current = null
      return before
    },

    end: () => call('POST', '/iam/logout', 204),
  }
}
