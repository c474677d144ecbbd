import { asRecord } from './held.js'
import { exclusive } from './exclusive.js'
import type { AuthClientOptions, TokenRecord, TokenStore } from './types.js'

type Decide = (stored: TokenRecord | null) => TokenRecord | null
const asIs: Decide = (stored) => stored

export function openStore(kind: AuthClientOptions['store'] = 'shared', name: string): TokenStore {
  if (typeof kind === 'object') return kind
  if (kind === 'memory') return memoryStore()
  return orMemory(kind === 'shared' ? indexedDbStore(name) : webStore(kind, name))
}

function memoryStore(record: TokenRecord | null = null): TokenStore {
  return { shared: false, update: async (decide = asIs) => (record = decide(record)) }
}

/** Where nothing can be kept, as in some private windows, this tab goes on with what it has. */
function orMemory(store: TokenStore): TokenStore {
  let last: TokenRecord | null = null
  let memory: TokenStore | undefined
  return {
    get shared() {
      return !memory && store.shared
    },
    async update(decide) {
      try {
        if (!memory) return (last = await store.update(decide))
      } catch {
        memory = memoryStore(last)
      }
      return memory!.update(decide)
    },
  }
}

function webStore(kind: 'local' | 'tab', name: string): TokenStore {
  const shared = kind === 'local'
  const step = (decide: Decide) => async () => {
    const storage = shared ? localStorage : sessionStorage
    const text = storage.getItem(name)
    const stored = parsed(text)
    const next = decide(stored)
    if (next) {
      if (next !== stored) storage.setItem(name, JSON.stringify(next))
    } else if (text) storage.removeItem(name)
    return next
  }
  return { shared, update: (decide = asIs) => (shared ? exclusive(`${name}:store`, step(decide)) : step(decide)()) }
}

function parsed(text: string | null) {
  try {
    return asRecord(JSON.parse(text!))
  } catch {
    return null
  }
}

/** One transaction a step: what reads and writes between two other tabs cannot be torn apart. */
function indexedDbStore(name: string): TokenStore {
  let database: Promise<IDBDatabase> | undefined
  const forget = () => {
    database = undefined
  }
  const open = () =>
    (database ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name, 1)
      request.onupgradeneeded = () => request.result.createObjectStore('half')
      request.onsuccess = () => {
        const opened = request.result
        // Deleted from outside, by the browser or a person: open it anew next time.
        opened.onclose = forget
        opened.onversionchange = () => {
          opened.close()
          forget()
        }
        resolve(opened)
      }
      request.onerror = () => reject(request.error)
    }))
  const step = async (decide: Decide) => {
    // `strict`: after a power cut, an older half on disk would look like a stolen copy.
    const transaction = (await open()).transaction('half', 'readwrite', { durability: 'strict' })
    const half = transaction.objectStore('half')
    return new Promise<TokenRecord | null>((resolve, reject) => {
      let next: TokenRecord | null
      const reading = half.get(0)
      reading.onsuccess = () => {
        const stored = asRecord(reading.result)
        next = decide(stored)
        if (next !== stored) half.put(next, 0)
      }
      transaction.oncomplete = () => resolve(next)
      transaction.onabort = () => reject(transaction.error)
    })
  }
  return {
    shared: true,
    update: (decide = asIs) =>
      step(decide).catch(() => {
        // The connection may have been closed under us.
        forget()
        return step(decide)
      }),
  }
}
