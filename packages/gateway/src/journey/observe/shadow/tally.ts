import type { CallRecord } from '../../../kernel/record.ts'
import type {
  ShadowDisagreement,
  ShadowDropReason,
  ShadowPair,
  ShadowSide,
  ShadowSkipReason,
  ShadowStore,
  ShadowSum,
  ShadowSumName,
} from '../../../kernel/shadow.ts'
import type { Compared } from './compare-said.ts'

/** A call that was served and its copy, as their Records tell them. */
export interface Answered {
  readonly served: CallRecord
  readonly copy: CallRecord
}

/** Of each contract. */
const disagreementsMax = 50
const dayMs = 86_400_000

type Sum = { -readonly [Field in keyof ShadowSum]: ShadowSum[Field] }
type Drops = { readonly model: string; readonly major: number; readonly reason: ShadowDropReason; calls: number }

/** What shadows come to: numbers that go to the store from time to time, and ids. Nothing of what was said. */
export class Tally {
  readonly #now: () => number
  readonly #store: ShadowStore
  #sums = new Map<string, Sum>()
  readonly #disagreements = new Map<string, ShadowDisagreement[]>()
  /** Since the start, by contract and reason, for the metrics. */
  readonly #drops = new Map<string, Drops>()

  constructor(now: () => number, store: ShadowStore) {
    this.#now = now
    this.#store = store
  }

  dropped(pair: ShadowPair, reason: ShadowDropReason): void {
    this.#add(pair, `dropped/${reason}`, 1)
    const { model, major } = pair
    const key = `${model}@v${major} ${reason}`
    const known = this.#drops.get(key)
    if (known) known.calls++
    else this.#drops.set(key, { model, major, reason, calls: 1 })
  }

  failed(pair: ShadowPair, code: string): void {
    this.#add(pair, `failed/${code}`, 1)
  }

  answered(pair: ShadowPair, { served, copy }: Answered, found: Compared | ShadowSkipReason): void {
    this.#add(pair, 'answered', 1)
    this.#addCall(pair, 'served', served)
    this.#addCall(pair, 'shadow', copy)
    if (typeof found === 'string') {
      this.#add(pair, `skipped/${found}`, 1)
      return
    }
    const { agree, distance, measure } = found
    this.#add(pair, 'compared', 1)
    this.#add(pair, `measure/${measure}`, 1)
    this.#add(pair, 'distance', distance)
    this.#add(pair, 'distance-squares', distance * distance)
    if (agree) this.#add(pair, 'agreed', 1)
    else this.#disagree({ ...pair, call: served.id, copy: copy.id, time: this.#now(), measure, distance })
  }

  drops(): readonly Readonly<Drops>[] {
    return [...this.#drops.values()]
  }

  async sums(model: string): Promise<readonly ShadowSum[]> {
    await this.flush()
    return await this.#store.sums(model)
  }

  disagreements(model: string): readonly ShadowDisagreement[] {
    const all = [...this.#disagreements.values()].flat()
    return all.filter((one) => one.model === model).sort((a, b) => b.time - a.time)
  }

  /** What was summed up goes to the store; rejects where that does not take it, and keeps it for the next time. */
  async flush(): Promise<void> {
    const sums = this.#sums
    if (sums.size === 0) return
    this.#sums = new Map()
    try {
      await this.#store.add([...sums.values()])
    } catch (thrown) {
      for (const { day, name, value, ...pair } of sums.values()) this.#add(pair, name, value, day)
      throw thrown
    }
  }

  #addCall(pair: ShadowPair, side: ShadowSide, { latencyMs, costUsd = 0, unpriced }: CallRecord): void {
    this.#add(pair, `${side}/latency-ms`, latencyMs)
    if (costUsd > 0) this.#add(pair, `${side}/cost-usd`, costUsd)
    if (unpriced) this.#add(pair, `${side}/unpriced`, 1)
  }

  #add(pair: ShadowPair, name: ShadowSumName, value: number, day = Math.floor(this.#now() / dayMs)): void {
    const key = `${pair.model}@v${pair.major} ${pair.served} ${pair.shadow} ${day} ${name}`
    const known = this.#sums.get(key)
    if (known) known.value += value
    else this.#sums.set(key, { ...pair, day, name, value })
  }

  #disagree(one: ShadowDisagreement): void {
    const key = `${one.model}@v${one.major}`
    const known = this.#disagreements.get(key) ?? []
    this.#disagreements.set(key, known)
    if (known.push(one) > disagreementsMax) known.shift()
  }
}
