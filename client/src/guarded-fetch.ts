import { codeOf, type Requests } from './requests.js'

/** Sends with a token; mends and sends once more if the service says so. */
export type WithToken = <T>(
  send: (token: string) => Promise<T>,
  code: (result: T) => Promise<string | undefined> | string | undefined,
  signal?: AbortSignal,
  once?: boolean,
) => Promise<T>

/** `fetch` with the body half, for addresses that may have it. */
export function guardedFetch({ resolve, isOurs, plain, send }: Requests, withToken: WithToken): typeof fetch {
  return async (input, init) => {
    const request = input instanceof Request ? input : undefined
    const address = request ? request.url : resolve(`${input}`)
    if (!isOurs(address)) return plain(request ?? address, init)
    // A request's body can be read once; its copy is for the second time.
    const make = () => new Request(request ? request.clone() : address, init)
    let next: Request | undefined = make()
    // Who brings a header of his own knows what he does.
    if (next.headers.has('Authorization')) return send(next)
    return withToken(
      (token) => {
        const now = next ?? make()
        next = undefined
        return send(now, token)
      },
      (response) => (response.status === 401 ? codeOf(response) : undefined),
      next.signal,
      init?.body instanceof ReadableStream,
    )
  }
}
