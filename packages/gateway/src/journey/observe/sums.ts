/** Where sums go, and how what came later is added to what came before. */
export interface SumsPorts<Sum> {
  /** Resolves when they are durable. */
  readonly write: (sums: readonly Sum[]) => Promise<void>
  /** In place. */
  readonly add: (older: Sum, newer: Sum) => void
  /** Left out: as many as there are keys, where what is declared bounds them. */
  readonly most?: number
}

/** What adds up in memory, by key, until it goes to the store. */
export class Sums<Sum> {
  readonly #ports: SumsPorts<Sum>
  #sums = new Map<string, Sum>()
  #writing: Promise<void> | undefined

  constructor(ports: SumsPorts<Sum>) {
    this.#ports = ports
  }

  /** The one to add to; undefined where there are too many. */
  of(key: string, empty: () => Sum): Sum | undefined {
    const known = this.#sums.get(key)
    if (known || this.#sums.size >= (this.#ports.most ?? Number.POSITIVE_INFINITY)) return known
    const sum = empty()
    this.#sums.set(key, sum)
    return sum
  }

  /**
   * What was added before is in the store when it resolves, whoever began to write it. Rejects where the store does not take it, and keeps
   * it for the next time.
   */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing.catch(() => undefined)
    if (this.#sums.size === 0) return
    this.#writing = this.#write()
    try {
      await this.#writing
    } finally {
      this.#writing = undefined
    }
  }

  async #write(): Promise<void> {
    const sums = this.#sums
    this.#sums = new Map()
    try {
      await this.#ports.write([...sums.values()])
    } catch (thrown) {
      this.#putBack(sums)
      throw thrown
    }
  }

  #putBack(older: Map<string, Sum>): void {
    for (const [key, sum] of this.#sums) {
      const known = older.get(key)
      if (known) this.#ports.add(known, sum)
      else older.set(key, sum)
    }
    this.#sums = older
  }
}
