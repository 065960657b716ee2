import { type DriftStore, valuesIn } from '../../../kernel/drift.ts'

/** What waits until it is known how many first values of its version are kept, of all versions together. */
const waitingMax = 4096

interface Version {
  readonly model: string
  readonly major: number
  readonly version: string
}

/** How many values of each feature are counted among the version's first ones, without missing ones; who counts more adds to it. */
export type Filled = Map<string, number>

interface First {
  /** Undefined until the store has said what is kept from before. */
  filled: Filled | undefined
  asked: boolean
  readonly waiting: ((filled: Filled) => void)[]
}

/**
 * How far each version's first values are counted, over restarts. Each feature has first values of its own: one that is declared later
 * begins later, and one that few calls have takes longer.
 */
export class FirstValues {
  readonly #store: Pick<DriftStore, 'sums'>
  readonly #faulted: (thrown: unknown) => void
  readonly #versions = new Map<string, First>()
  #waiting = 0

  /** `faulted`: who was told threw, which harms no other. */
  constructor(store: Pick<DriftStore, 'sums'>, faulted: (thrown: unknown) => void) {
    this.#store = store
    this.#faulted = faulted
  }

  /** Tells it at once, or when it is known. False: too much waits for that, and it is never told. */
  of(version: Version, tell: (filled: Filled) => void): boolean {
    const first = this.#firstOf(version)
    if (first.filled) {
      tell(first.filled)
      return true
    }
    const room = this.#waiting < waitingMax
    if (room) {
      this.#waiting++
      first.waiting.push(tell)
    }
    if (!first.asked) void this.#ask(version, first)
    return room
  }

  #firstOf({ model, major, version }: Version): First {
    const key = `${model}@v${major}/${version}`
    const known = this.#versions.get(key)
    if (known) return known
    const first: First = { filled: undefined, asked: false, waiting: [] }
    this.#versions.set(key, first)
    return first
  }

  async #ask({ model, major, version }: Version, first: First): Promise<void> {
    first.asked = true
    try {
      const sums = await this.#store.sums({ model, major, from: 0, to: Number.MAX_SAFE_INTEGER, first: true })
      const own = sums.filter((sum) => sum.version === version)
      first.filled = new Map(own.map(({ feature, sketch }) => [feature, valuesIn(sketch)]))
    } catch {
      // The next call asks again.
      first.asked = false
      return
    }
    this.#waiting -= first.waiting.length
    for (const tell of first.waiting.splice(0)) {
      try {
        tell(first.filled)
      } catch (thrown) {
        this.#faulted(thrown)
      }
    }
  }
}
