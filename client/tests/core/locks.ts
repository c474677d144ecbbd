// The part of the Web Locks API (W3C) that the client uses: exclusive locks by name, in the order of the
// requests, a signal for waiting, and a tab that goes takes its locks with it.

type Callback<T> = () => Promise<T> | T

interface Waiting {
  readonly begin: () => void
}

interface HeldLock {
  /** Who has been seen to hold it. */
  owner: object | null
  release(): void
}

export class Locks {
  readonly #held = new Map<string, HeldLock>()
  readonly #queues = new Map<string, Waiting[]>()

  request<T>(name: string, { signal }: { signal?: AbortSignal }, run: Callback<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const abort = () => {
        this.#queues.set(name, this.#waiting(name).filter((other) => other !== waiting))
        reject(signal!.reason as Error)
      }
      const begin = () => {
        signal?.removeEventListener('abort', abort)
        const lock: HeldLock = { owner: null, release: () => this.#release(name, lock) }
        this.#held.set(name, lock)
        Promise.resolve().then(run).then(resolve, reject).finally(() => lock.release())
      }
      const waiting = { begin }
      signal?.addEventListener('abort', abort)
      this.#queues.set(name, [...this.#waiting(name), waiting])
      queueMicrotask(() => this.#next(name))
    })
  }

  /** The holder of `name` is `owner`, as far as nobody has said so before. */
  claim(name: string, owner: object): void {
    const lock = this.#held.get(name)
    if (lock) lock.owner ??= owner
  }

  /** What browsers do when a tab is closed. */
  releaseAllOf(owner: object): void {
    for (const lock of [...this.#held.values()]) if (lock.owner === owner) lock.release()
  }

  isHeld(name: string): boolean {
    return this.#held.has(name)
  }

  #waiting = (name: string) => this.#queues.get(name) ?? []

  #release(name: string, lock: HeldLock): void {
    if (this.#held.get(name) !== lock) return
    this.#held.delete(name)
    this.#next(name)
  }

  #next(name: string): void {
    const [first, ...rest] = this.#waiting(name)
    if (!first || this.#held.has(name)) return
    this.#queues.set(name, rest)
    first.begin()
  }
}
