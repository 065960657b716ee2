import type { CallRecord } from '../../../kernel/record.ts'
import type {
  ShadowDisagreement,
  ShadowDropReason,
  ShadowPair,
  ShadowReports,
  ShadowSide,
  ShadowSkipReason,
  ShadowStore,
  ShadowSum,
  ShadowSumName,
} from '../../../kernel/shadow.ts'
import { Counts } from '../counts.ts'
import { Sums } from '../sums.ts'
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
type Dropped = Pick<ShadowPair, 'model' | 'major'> & { readonly reason: ShadowDropReason }

/** What shadows come to: numbers that go to the store from time to time, and ids. Nothing of what was said. */
export class Tally implements ShadowReports {
  readonly #now: () => number
  readonly #store: ShadowStore
  readonly #sums: Sums<Sum>
  readonly #disagreements = new Map<string, ShadowDisagreement[]>()
  readonly #drops = new Counts<Dropped>()

  constructor(now: () => number, store: ShadowStore) {
    this.#now = now
    this.#store = store
    this.#sums = new Sums({ write: (sums) => store.add(sums), add: (older, { value }) => (older.value += value) })
  }

  dropped(pair: ShadowPair, reason: ShadowDropReason): void {
    this.#add(pair, `dropped/${reason}`, 1)
    this.#drops.add({ model: pair.model, major: pair.major, reason })
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

  drops(): ReturnType<Counts<Dropped>['all']> {
    return this.#drops.all()
  }

  async sums(model: string): Promise<readonly ShadowSum[]> {
    await this.flush()
    return await this.#store.sums(model)
  }

  disagreements(model: string): readonly ShadowDisagreement[] {
    const all = [...this.#disagreements.values()].flat()
    return all.filter((one) => one.model === model).sort((a, b) => b.time - a.time)
  }

  /** See `Sums`. */
  flush(): Promise<void> {
    return this.#sums.flush()
  }

  #addCall(pair: ShadowPair, side: ShadowSide, { latencyMs, costUsd = 0, unpriced }: CallRecord): void {
    this.#add(pair, `${side}/latency-ms`, latencyMs)
    if (costUsd > 0) this.#add(pair, `${side}/cost-usd`, costUsd)
    if (unpriced) this.#add(pair, `${side}/unpriced`, 1)
  }

  #add(pair: ShadowPair, name: ShadowSumName, value: number): void {
    const day = Math.floor(this.#now() / dayMs)
    const key = `${pair.model}@v${pair.major} ${pair.served} ${pair.shadow} ${day} ${name}`
    const sum = this.#sums.of(key, () => ({ ...pair, day, name, value: 0 }))
    if (sum) sum.value += value
  }

  #disagree(one: ShadowDisagreement): void {
    const key = `${one.model}@v${one.major}`
    const known = this.#disagreements.get(key) ?? []
    this.#disagreements.set(key, known)
    if (known.push(one) > disagreementsMax) known.shift()
  }
}
