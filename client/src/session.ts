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
    const form = new URLSearchParams({ grant_type: 'session' })
    const answer = await call<TokenAnswer>('/iam/oauth/token', 200, undefined, form).catch((error: AuthError) => {
      if (error.code !== 'signed_out') throw error
    })
    const next = answer ? await owned(answer) : null
    return begun === epoch ? (current = next) : current
  }

  /** With its owner: known from before, or asked for. */
  async function owned({ body, askedAt }: Answer<TokenAnswer>): Promise<Held> {
    const { sid, roles } = claims(body.access_token)
    const me = () => call<Held>('/api/auth/me', 200, body.access_token, undefined, 'GET')
    const { user, session } = current?.session.id === sid ? current : (await me()).body
    // The roles of now are in the token.
    return held({ body: { ...body, user: { ...user, roles }, session }, askedAt })
  }

  return {
    read: async () => current,
    renew: async () => ({ held: await exchange(), asked: true }),

    async signIn(credentials) {
      await call('/iam/passwordlogin', 204, undefined, credentials)
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

    end: () => call('/iam/logout', 204),
  }
}
