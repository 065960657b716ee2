import type { Priority } from '../../../kernel/catalog-state.ts'
import { Lane, type Waiting } from './lane.ts'

/**
 * Of the places that come free while all classes wait, how many go to each in a round: the higher class goes first, and none waits for
 * two rounds (42 places), whatever the others bring.
 */
const parts: Readonly<Record<Priority, number>> = { high: 16, normal: 4, low: 1 }
/** The highest first. */
const classes = Object.keys(parts) as readonly Priority[]

interface Class<T> {
  readonly lane: Lane<T>
  /** What is left of its part in this round. */
  left: number
}

export interface Held<T> {
  readonly waiting: Waiting<T>
  readonly priority: Priority
}

/** Who waits, in what order: by class, then the consumers of a class in turns, then by age. Everything costs the same at any length. */
export class WaitList<T> {
  readonly #classes: Readonly<Record<Priority, Class<T>>> = {
    high: begin('high'),
    normal: begin('normal'),
    low: begin('low'),
  }
  #length = 0

  get length(): number {
    return this.#length
  }

  push(priority: Priority, consumer: string, who: T): Held<T> {
    this.#length++
    return { waiting: this.#classes[priority].lane.push(consumer, who), priority }
  }

  /** False when it no longer waited. */
  remove({ waiting, priority }: Held<T>): boolean {
    const waited = this.#classes[priority].lane.remove(waiting)
    if (waited) this.#length--
    return waited
  }

  /** Whose turn it is, taken out. */
  take(): T | undefined {
    const next = this.#next()
    if (!next) return undefined
    next.left--
    this.#length--
    return next.lane.take()
  }

  /**
   * Who has to make room for one more of this consumer, taken out: the newest of the lowest class, where that is a lower one; in the
   * same class, of a consumer that would still have as many waiting. Undefined when nobody has.
   */
  displace(priority: Priority, consumer: string): T | undefined {
    const lowest = classes.findLast((name) => this.#classes[name].lane.length > 0)
    if (lowest === undefined || classes.indexOf(lowest) < classes.indexOf(priority)) return undefined
    const { lane } = this.#classes[lowest]
    if (lowest === priority && lane.longest <= lane.lengthOf(consumer) + 1) return undefined
    this.#length--
    return lane.displace()
  }

  #next(): Class<T> | undefined {
    if (this.#length === 0) return undefined
    return this.#firstWithPart() ?? this.#newRound()
  }

  #firstWithPart(): Class<T> | undefined {
    for (const name of classes) {
      const one = this.#classes[name]
      if (one.lane.length > 0 && one.left > 0) return one
    }
    return undefined
  }

  #newRound(): Class<T> | undefined {
    for (const name of classes) this.#classes[name].left = parts[name]
    return this.#firstWithPart()
  }
}

function begin<T>(name: Priority): Class<T> {
  return { lane: new Lane(), left: parts[name] }
}
