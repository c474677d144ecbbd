import type { AuthError } from './errors.js'
import type { Flow } from './flow.js'
import { commit, isFresh, record, type TokenAnswer } from './held.js'
import type { Answer, Requests } from './requests.js'
import type { TokenRecord, TokenStore } from './types.js'

/** The body half in a store, the cookie half in the jar; both renewed together. */
export function dualFlow(store: TokenStore, { call }: Requests): Flow {
  const accept = async (answer: Answer<TokenAnswer>) => {
    const next = record(answer)
    await store.update(() => next)
    return next
  }

  return {
    isShared: () => store.shared,
    read: () => store.update(),

    async renew(used) {
      const mine = await store.update()
      // Signed out elsewhere, or another tab was faster.
      if (!mine || (mine.access !== used?.access && isFresh(mine))) return { held: mine, asked: false }
      let outcome: (stored: TokenRecord | null) => TokenRecord | null
      try {
        outcome = commit(
          record(await call('/api/auth/refresh', 200, mine.access, { refresh_token: mine.refresh })),
        )
      } catch (error) {
        if ((error as AuthError).code !== 'signed_out') throw error
        // Refused; unless another tab has something newer by now, the session is over.
        outcome = (stored) => (stored?.access === mine.access ? null : stored)
      }
      return { held: await store.update(outcome), asked: true }
    },

    async signIn(credentials) {
      // A session that this browser has ends with it.
      const before = await store.update()
      return accept(await call('/api/auth/login', 200, before?.access, credentials))
    },

    accept,

    async forget() {
      let before: TokenRecord | null = null
      await store.update((stored) => ((before = stored), null))
      return before
    },

    end: async (held) => held && call('/api/auth/logout', 204, held.access),
  }
}
