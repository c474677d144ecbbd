// Web storage as far as the client uses it. `full`: nothing can be written, as in some private windows.

export class WebStorage {
  readonly #items = new Map<string, string>()
  full = false

  get length(): number {
    return this.#items.size
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null
  }

  setItem(key: string, value: string): void {
    if (this.full) throw new DOMException('full', 'QuotaExceededError')
    this.#items.set(key, value)
  }

  removeItem(key: string): void {
    this.#items.delete(key)
  }
}
