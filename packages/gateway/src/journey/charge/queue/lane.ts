import { Chain, type Link } from '../../../kernel/chain.ts'

/** Whoever waits in a lane. Only a lane makes one. */
export interface Waiting<T> {
  readonly who: T
  readonly line: Line<T>
  readonly link: Link<Waiting<T>>
}

/** Those of one consumer, the oldest first. */
interface Line<T> {
  readonly consumer: string
  readonly waiting: Chain<Waiting<T>>
  turn: Link<Line<T>> | undefined
  rank: Link<Line<T>> | undefined
}

/**
 * One priority class: its consumers take turns, so that nobody waits longer for another's many calls than for one of them each.
 * Nothing here costs more when more wait: the longest line is known at any time, as lines are kept by their length, which changes by
 * one.
 */
export class Lane<T> {
  readonly #lines = new Map<string, Line<T>>()
  readonly #turns = new Chain<Line<T>>()
  /** Lines of length n at index n. */
  readonly #ranks: Chain<Line<T>>[] = []
  #longest = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  get longest(): number {
    return this.#longest
  }

  lengthOf(consumer: string): number {
    return this.#lines.get(consumer)?.waiting.length ?? 0
  }

  push(consumer: string, who: T): Waiting<T> {
    const line = this.#lines.get(consumer) ?? this.#open(consumer)
    // The two know each other; neither is seen before both are whole.
    const waiting = { who, line } as { who: T; line: Line<T>; link: Link<Waiting<T>> }
    waiting.link = line.waiting.push(waiting)
    this.#length++
    this.#rank(line)
    return waiting
  }

  /** False when it no longer waited. */
  remove({ line, link }: Waiting<T>): boolean {
    if (!line.waiting.remove(link)) return false
    this.#length--
    this.#rank(line)
    if (line.waiting.length === 0) {
      if (line.turn) this.#turns.remove(line.turn)
      this.#lines.delete(line.consumer)
    }
    return true
  }

  /** The oldest of the consumer whose turn it is, taken out. */
  take(): T | undefined {
    const waiting = this.#turns.first?.waiting.first
    if (!waiting) return undefined
    this.#turns.rotate()
    this.remove(waiting)
    return waiting.who
  }

  /** The newest of the consumer that has most here, taken out. */
  displace(): T | undefined {
    const waiting = this.#ranks[this.#longest]?.first?.waiting.last
    if (!waiting) return undefined
    this.remove(waiting)
    return waiting.who
  }

  #open(consumer: string): Line<T> {
    const line: Line<T> = { consumer, waiting: new Chain(), turn: undefined, rank: undefined }
    line.turn = this.#turns.push(line)
    this.#lines.set(consumer, line)
    return line
  }

  #rank(line: Line<T>): void {
    const { length } = line.waiting
    if (line.rank) line.rank.chain?.remove(line.rank)
    if (length > 0) {
      const rank = this.#ranks[length] ?? new Chain()
      this.#ranks[length] = rank
      line.rank = rank.push(line)
    }
    if (length > this.#longest) this.#longest = length
    else if (!this.#ranks[this.#longest]?.length) this.#longest--
  }
}
