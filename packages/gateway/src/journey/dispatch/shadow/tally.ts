import { addValue, emptyMoments, type Moments } from '@astraapi/statistics'
import type { CallRecord } from '../../../kernel/record.ts'
import type {
  ShadowDisagreement,
  ShadowDropReason,
  ShadowReports,
  ShadowSide,
  ShadowSkipReason,
  ShadowSums,
} from '../../../kernel/shadow.ts'
import type { Compared } from './said.ts'

/** Whom the sums are of. */
export interface Pair {
  readonly model: string
  readonly major: number
  readonly served: string
  readonly shadow: string
}

/** A call that was served and its copy, as their Records tell them. */
export interface Answered {
  readonly served: CallRecord
  readonly copy: CallRecord
}

type Counts<Name extends string> = Partial<Record<Name, number>>

type Counted = 'dropped' | 'failed' | 'skipped' | 'measures' | 'distance'
type Sums = { -readonly [Name in Exclude<keyof ShadowSums, Counted>]: ShadowSums[Name] } & {
  readonly dropped: Counts<ShadowDropReason>
  readonly skipped: Counts<ShadowSkipReason>
  readonly failed: Record<string, number>
  readonly measures: Record<string, number>
  distance: Moments
}

const dayMs = 24 * 60 * 60 * 1000

/** Of all contracts, pairs and days together; of more, the oldest are forgotten. */
const sumsMax = 2000
/** Of each contract. */
const disagreementsMax = 50

/** What shadows came to since this gateway started: numbers and ids, and nothing of what was said. */
export class Tally implements ShadowReports {
  readonly #now: () => number
  readonly #sums = new Map<string, Sums>()
  readonly #disagreements = new Map<string, ShadowDisagreement[]>()
  /** Since the start, by contract and reason, for the metrics: days come and go, counters only grow. */
  readonly #dropped = new Map<string, { model: string; major: number; reason: ShadowDropReason; calls: number }>()

  #dayFrom = Number.NaN
  #day = ''

  constructor(now: () => number) {
    this.#now = now
  }

  dropped(pair: Pair, reason: ShadowDropReason): void {
    count(this.#of(pair).dropped, reason)
    const key = `${pair.model}@v${pair.major} ${reason}`
    const known = this.#dropped.get(key)
    if (known) known.calls++
    else this.#dropped.set(key, { model: pair.model, major: pair.major, reason, calls: 1 })
  }

  failed(pair: Pair, code: string): void {
    count(this.#of(pair).failed, code)
  }

  answered(pair: Pair, { served, copy }: Answered, found: Compared | ShadowSkipReason): void {
    const sums = this.#of(pair)
    sums.answered++
    sums.ofServed = withCall(sums.ofServed, served)
    sums.ofShadow = withCall(sums.ofShadow, copy)
    if (typeof found === 'string') {
      count(sums.skipped, found)
      return
    }
    const { agree, distance, measure } = found
    sums.compared++
    if (agree) sums.agreed++
    else this.#disagree({ ...pair, call: served.id, copy: copy.id, time: this.#now(), measure, distance })
    sums.distance = addValue(sums.distance, distance)
    count(sums.measures, measure)
  }

  drops(): readonly {
    readonly model: string
    readonly major: number
    readonly reason: string
    readonly calls: number
  }[] {
    return [...this.#dropped.values()]
  }

  sums(model: string): readonly ShadowSums[] {
    return [...this.#sums.values()].filter((sums) => sums.model === model)
  }

  disagreements(model: string): readonly ShadowDisagreement[] {
    const all = [...this.#disagreements.values()].flat()
    return all.filter((one) => one.model === model).sort((a, b) => b.time - a.time)
  }

  #disagree(one: ShadowDisagreement): void {
    const key = `${one.model}@v${one.major}`
    const known = this.#disagreements.get(key) ?? []
    this.#disagreements.set(key, known)
    if (known.push(one) > disagreementsMax) known.shift()
  }

  #of(pair: Pair): Sums {
    const now = this.#now()
    if (!(now >= this.#dayFrom && now < this.#dayFrom + dayMs)) {
      this.#dayFrom = now - (now % dayMs)
      this.#day = new Date(now).toISOString().slice(0, 10)
    }
    const key = `${pair.model}@v${pair.major} ${pair.served} ${pair.shadow} ${this.#day}`
    const known = this.#sums.get(key)
    if (known) return known
    const made = emptySums(pair, this.#day)
    this.#sums.set(key, made)
    const [oldest] = this.#sums.keys()
    if (this.#sums.size > sumsMax && oldest !== undefined) this.#sums.delete(oldest)
    return made
  }
}

const noCalls: ShadowSide = { latencyMs: 0, costUsd: 0, unpriced: 0 }

function emptySums({ model, major, served, shadow }: Pair, day: string): Sums {
  const counts = { dropped: {}, failed: {}, skipped: {}, measures: {} }
  const answers = { answered: 0, compared: 0, agreed: 0, distance: emptyMoments }
  return { model, major, served, shadow, day, ...counts, ...answers, ofServed: noCalls, ofShadow: noCalls }
}

function count<Name extends string>(counts: Counts<Name>, name: Name): void {
  counts[name] = (counts[name] ?? 0) + 1
}

function withCall(side: ShadowSide, { latencyMs, costUsd = 0, unpriced }: CallRecord): ShadowSide {
  return {
    latencyMs: side.latencyMs + latencyMs,
    costUsd: side.costUsd + costUsd,
    unpriced: side.unpriced + (unpriced ? 1 : 0),
  }
}
