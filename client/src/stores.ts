import { exclusive } from './exclusive.js'
import { asRecord } from './held.js'
import { parsed } from './requests.js'
import type { AuthClientOptions, TokenRecord, TokenStore } from './types.js'

type Decide = (stored: TokenRecord | null) => TokenRecord | null
const asIs: Decide = (stored) => stored

export function openStore(kind: AuthClientOptions['store'] = 'shared', name: string): TokenStore {
  if (typeof kind === 'object') return orMemory(kind)
  if (kind === 'memory') return orMemory({ shared: false, update: () => Promise.reject() })
  return orMemory(kind === 'shared' ? databaseStore(name) : webStore(kind === 'local', name))
}

/**
 * Where nothing can be kept, as in some private windows, this tab goes on with what it has. What could not be kept
 * is kept at the next opportunity, unless another tab has kept something else meanwhile.
 */
function orMemory(store: TokenStore): TokenStore {
  let last: TokenRecord | null = null
  /** What was last seen in the store, while the store has missed something since. */
  let missed: { access: string | undefined } | undefined
  return {
    get shared() {
      return store.shared && !missed
    },
    update: (decide = asIs) =>
      store.update((stored) => decide(missed && stored?.access === missed.access ? last : stored)).then(
        (next) => ((missed = undefined), (last = next)),
        () => ((missed ??= { access: last?.access }), (last = decide(last))),
      ),
  }
}

function webStore(shared: boolean, name: string): TokenStore {
  const step = async (decide: Decide) => {
    const storage = shared ? localStorage : sessionStorage
    const text = storage.getItem(name)
    const stored = asRecord(parsed(text) as TokenRecord)
    const next = decide(stored)
    if (next !== stored) storage.setItem(name, JSON.stringify(next))
    return next
  }
  return { shared, update: (decide = asIs) => exclusive(`${name}:store`, () => step(decide)) }
}

/** One transaction a step: what reads and writes between two other tabs cannot be torn apart. */
function databaseStore(name: string): TokenStore {
  return {
    shared: true,
    update: (decide = asIs) =>
      new Promise((resolve, reject) => {
        // Opened for each step: a connection kept open may be closed by the browser, and keeps others from deleting.
        const opening = indexedDB.open(name, 1)
        opening.onupgradeneeded = () => opening.result.createObjectStore('half')
        // Why it failed is of no use to anybody here.
        opening.onerror = reject
        opening.onsuccess = () => {
          const database = opening.result
          // `strict`: after a power cut, an older half on disk would look like a stolen copy.
          const transaction = database.transaction('half', 'readwrite', { durability: 'strict' })
          const half = transaction.objectStore('half')
          let next: TokenRecord | null
          const reading = half.get(0)
          reading.onsuccess = () => {
            const stored = asRecord(reading.result)
            next = decide(stored)
            if (next !== stored) half.put(next, 0)
          }
          transaction.oncomplete = () => resolve(next)
          transaction.onabort = reject
          database.close()
        }
      }),
  }
}
