import { exclusive } from './exclusive.js'
import { asRecord } from './held.js'
import { parsed } from './requests.js'
import type { AuthClientOptions, TokenRecord, TokenStore } from './types.js'

type Decide = (stored: TokenRecord | null) => TokenRecord | null
const asIs: Decide = (stored) => stored

export function openStore(kind: AuthClientOptions['store'] = 'shared', name: string): TokenStore {
  if (typeof kind === 'object') return kind
  if (kind === 'memory') return memoryStore()
  return orMemory(kind === 'shared' ? databaseStore(name) : webStore(kind === 'local', name))
}

function memoryStore(record: TokenRecord | null = null): TokenStore {
  return { shared: false, update: async (decide = asIs) => (record = decide(record)) }
}

/** Where nothing can be kept, as in some private windows, this tab goes on with what it has. */
function orMemory(store: TokenStore): TokenStore {
  let last: TokenRecord | null = null
  const it: TokenStore = {
    shared: store.shared,
    update: (decide) =>
      store.update(decide).then(
        (next) => (last = next),
        () => Object.assign(it, memoryStore(last)).update(decide),
      ),
  }
  return it
}

function webStore(shared: boolean, name: string): TokenStore {
  const step = async (decide: Decide) => {
    const storage = shared ? localStorage : sessionStorage
    const text = storage.getItem(name)
    const stored = asRecord(parsed(text))
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
        opening.onerror = () => reject(opening.error)
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
          transaction.onabort = () => reject(transaction.error)
          database.close()
        }
      }),
  }
}
