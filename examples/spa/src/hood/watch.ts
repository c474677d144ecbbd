import { note } from './log'

/** `fetch`, written into the log. The client is given this one in place of the global. */
export const watchedFetch: typeof fetch = (input, init) => watch(new Request(input, init), false)

/** Past the client: what somebody can do who holds what is given here. */
export function byHand(address: string, { token, cookies }: { token: string | null; cookies: boolean }) {
  const headers = new Headers(token ? { Authorization: `Bearer ${token}` } : {})
  return watch(new Request(address, { headers, credentials: cookies ? 'include' : 'omit' }), true)
}

async function watch(request: Request, byHand: boolean) {
  const { method, url, headers, credentials } = request
  const { origin, pathname } = new URL(url)
  const begun = Date.now()
  let answer: Response | null = null
  let code: string | undefined
  try {
    answer = await fetch(request)
    if (!answer.ok) code = await codeOf(answer.clone())
    return answer
  } finally {
    note({
      call: {
        method,
        path: pathname,
        bodyHalf: headers.has('Authorization'),
        cookieHalf: credentials === 'include' || (credentials === 'same-origin' && origin === location.origin),
        status: answer?.status ?? null,
        code,
        durationMs: Date.now() - begun,
        byHand,
      },
    })
  }
}

/** Problems have a `code`; the token endpoint says `error`. */
async function codeOf(answer: Response): Promise<string | undefined> {
  const problem = await answer.json().catch(() => null) as { code?: string; error?: string } | null
  return problem?.code ?? problem?.error
}
