// BroadcastChannel on the test's own clock: messages arrive a moment later, in order, cloned, at all others.

export class Channels {
  readonly open = new Set<FakeChannel>()
  /** Everything that was ever said. */
  readonly said: unknown[] = []
  delay = 5

  /** For `globalThis.BroadcastChannel`. */
  get constructorFor() {
    const channels = this
    return class extends FakeChannel {
      constructor(name: string) {
        super(channels, name)
      }
    }
  }
}

class FakeChannel {
  onmessage: ((event: { data: unknown }) => void) | null = null

  constructor(readonly channels: Channels, readonly name: string) {
    channels.open.add(this)
  }

  postMessage(data: unknown): void {
    if (!this.channels.open.has(this)) throw new DOMException('closed', 'InvalidStateError')
    this.channels.said.push(data)
    for (const other of this.channels.open) {
      if (other === this || other.name !== this.name) continue
      const copy = structuredClone(data)
      setTimeout(() => this.channels.open.has(other) && other.onmessage?.({ data: copy }), this.channels.delay)
    }
  }

  close(): void {
    this.channels.open.delete(this)
  }
}
