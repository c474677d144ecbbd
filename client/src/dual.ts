import type { Flow } from './flow.js'
import { commit, isFresh, record, type TokenAnswer } from './held.js'
import { json, refusal, type Requests } from './requests.js'
import type { TokenRecord, TokenStore } from './types.js'

/** The body half in a store, the cookie half in the jar; both renewed together. */
export function dualFlow(store: TokenStore, { call }: Requests): Flow {
  const keep = (next: TokenRecord) => store.update(() => next).then(() => next)
  const read = () => store.update()

  return {
    read,

    async renew(used) {
      const mine = await store.update()
      // Signed out elsewhere, or another tab was faster.
      if (!mine || (mine.accessToken !== used?.accessToken && isFresh(mine))) return { held: mine, asked: false }
      const { status, body, asked } = await call<TokenAnswer>(
        '/api/auth/refresh',
        json('POST', { refresh_token: mine.refreshToken }),
        mine.accessToken,
      )
      if (status === 200) return { held: await store.update(commit(record(body, asked))), asked: true }
      const code = (body as { code?: string } | undefined)?.code
      if (code !== 'invalid_token' && code !== 'unauthenticated') throw refusal(status, body)
      // Refused; unless another tab has something newer by now, the session is over.
      return { held: await store.update((now) => (now?.accessToken === mine.accessToken ? null : now)), asked: true }
    },

    async signIn(credentials) {
      const before = await store.update()
      const { status, body, asked } = await call<TokenAnswer>('/api/auth/login', json('POST', credentials), before?.accessToken)
      if (status !== 200) throw refusal(status, body)
      return keep(record(body, asked))
    },

    accept: (answer, asked) => keep(record(answer as TokenAnswer, asked)),

    async forget() {
      let before: TokenRecord | null = null
      await store.update((now) => {
        before = now
        return null
      })
      return before
    },

    async end(held) {
      if (!held) return
      const { status, body } = await call('/api/auth/logout', { method: 'POST' }, held.accessToken)
      if (status !== 204) throw refusal(status, body)
    },

    hear({ sessionId, generation, over }, held) {
      if (store.shared) return 'read'
      if (held?.sessionId !== sessionId) return held && !over ? 'replaced' : 'ignore'
      if (over) return over
      // The jar has moved on with the other tab; what is held here must not fall two generations behind.
      return generation! > held.generation! ? 'renew' : 'ignore'
    },
  }
}
