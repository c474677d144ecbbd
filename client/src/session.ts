import { AuthError } from './errors.js'
import type { Flow } from './flow.js'
import { claims, held, type Held, type TokenAnswer } from './held.js'
import { json, refusal, type Requests } from './requests.js'
import type { Session, User } from './types.js'

interface Me {
  user: User
  session: Session
}

/** A session cookie in the jar, exchanged for a pair that lives for a minute. Nothing is kept but in here. */
export function sessionFlow({ call }: Requests): Flow {
  let current: Held | null = null
  /** Counts sign-ins and sign-outs: what was asked for before one of them comes too late. */
  let epoch = 0

  async function exchange(): Promise<Held | null> {
    const begun = epoch
    const { status, body, asked } = await call<TokenAnswer & { error?: string }>('/iam/oauth/token', {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'session' }),
    })
    if (status !== 200 && body?.error !== 'invalid_grant') throw refusal(status, body)
    const next = status === 200 ? await owner(body, asked) : null
    return begun === epoch ? (current = next) : current
  }

  /** Whose token it is: known from before, or asked for. */
  async function owner(answer: TokenAnswer, asked: number): Promise<Held> {
    const { sid, roles } = claims(answer.access_token)
    if (current?.sessionId === sid && `${current.user.roles}` === `${roles}`) {
      return held({ ...answer, user: current.user, session: current.session }, asked)
    }
    const me = await call<Me>('/api/auth/me', {}, answer.access_token)
    if (me.status !== 200) throw refusal(me.status, me.body)
    return held({ ...answer, ...me.body }, asked)
  }

  return {
    read: async () => current,
    renew: async () => ({ held: await exchange(), asked: true }),

    async signIn(credentials) {
      const { status, body } = await call('/iam/passwordlogin', json('POST', credentials))
      if (status !== 204) throw refusal(status, body)
      epoch++
      const next = await exchange()
      if (!next) throw new AuthError('cookies_blocked', 'the sign-in left no session cookie behind')
      return next
    },

    async accept(answer, asked) {
      epoch++
      return (current = held(answer as TokenAnswer, asked))
    },

    async forget() {
      const before = current
      epoch++
      current = null
      return before
    },

    async end() {
      const { status, body } = await call('/iam/logout', { method: 'POST' })
      if (status !== 204) throw refusal(status, body)
    },

    hear({ sessionId, over }, before) {
      if (before?.sessionId === sessionId) return over ?? 'ignore'
      return over ? 'ignore' : 'renew'
    },
  }
}
