import { codeOf, type Requests } from './requests.js'

/** Sends with a token; mends and sends once more if the service says so. */
export type WithToken = <T>(
  send: (token: string) => Promise<T>,
  code: (result: T) => Promise<string | undefined> | string | undefined,
  options?: { signal?: AbortSignal | null | undefined; once?: boolean },
) => Promise<T>

/** `fetch` with the body half, for addresses that may have it. */
export function guardedFetch({ resolve, isOurs, plain, send }: Requests, withToken: WithToken): typeof fetch {
  return async (input, init = {}) => {
    const request = input instanceof Request ? input : undefined
    const url = request ? new URL(request.url) : resolve(String(input))
    const headers = new Headers(init.headers ?? request?.headers)
    if (!isOurs(url)) return plain(request ?? url, init)
    // Who brings a header of his own knows what he does.
    if (headers.has('Authorization')) return send(url, request ?? url, init)
    return withToken(
      (token) => {
        headers.set('Authorization', `Bearer ${token}`)
        // A request's body can be read once; its copy is for the second time.
        return send(url, request ? request.clone() : url, { ...init, headers })
      },
      (response) => (response.status === 401 ? codeOf(response) : undefined),
      { signal: init.signal ?? request?.signal, once: init.body instanceof ReadableStream },
    )
  }
}
