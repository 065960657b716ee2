import type {
  JudgeDropReason,
  JudgeReports,
  JudgeStore,
  JudgeSubject,
  JudgeSum,
  JudgeSumName,
} from '../../../kernel/judge.ts'
import type { CallRecord } from '../../../kernel/record.ts'

const dayMs = 86_400_000

type Sum = { -readonly [Field in keyof JudgeSum]: JudgeSum[Field] }
export interface JudgeDrops extends Pick<JudgeSubject, 'model' | 'major' | 'metric'> {
  readonly reason: JudgeDropReason
  calls: number
}

/** What judges come to: sums that go to the store from time to time. Nothing of what was judged. */
export class JudgeTally implements JudgeReports {
  readonly #now: () => number
  readonly #store: JudgeStore
  #sums = new Map<string, Sum>()
  /** Since the start, for the metrics. */
  readonly #drops = new Map<string, JudgeDrops>()

  constructor(now: () => number, store: JudgeStore) {
    this.#now = now
    this.#store = store
  }

  dropped(subject: JudgeSubject, reason: JudgeDropReason): void {
    this.#add(subject, `dropped/${reason}`, 1)
    const { model, major, metric } = subject
    const key = `${model}@v${major} ${metric} ${reason}`
    const known = this.#drops.get(key)
    if (known) known.calls++
    else this.#drops.set(key, { model, major, metric, reason, calls: 1 })
  }

  asked(subject: JudgeSubject, { latencyMs, costUsd = 0, unpriced }: CallRecord): void {
    this.#add(subject, 'asked', 1)
    this.#add(subject, 'latency-ms', latencyMs)
    if (costUsd > 0) this.#add(subject, 'cost-usd', costUsd)
    if (unpriced) this.#add(subject, 'unpriced', 1)
  }

  failed(subject: JudgeSubject, code: string): void {
    this.#add(subject, `failed/${code}`, 1)
  }

  judged(subject: JudgeSubject, said: number | boolean): void {
    const value = Number(said)
    this.#add(subject, 'judged', 1)
    this.#add(subject, 'value', value)
    this.#add(subject, 'value-squares', value * value)
  }

  drops(): readonly Readonly<JudgeDrops>[] {
    return [...this.#drops.values()]
  }

  async sums(model: string): Promise<readonly JudgeSum[]> {
    await this.flush()
    return await this.#store.sums(model)
  }

  /** What was summed up goes to the store; rejects where that does not take it, and keeps it for the next time. */
  async flush(): Promise<void> {
    const sums = this.#sums
    if (sums.size === 0) return
    this.#sums = new Map()
    try {
      await this.#store.add([...sums.values()])
    } catch (thrown) {
      for (const { day, name, value, ...subject } of sums.values()) this.#add(subject, name, value, day)
      throw thrown
    }
  }

  #add(subject: JudgeSubject, name: JudgeSumName, value: number, day = Math.floor(this.#now() / dayMs)): void {
    const { model, major, metric, version, judge } = subject
    const key = `${model}@v${major} ${metric} ${version} ${judge} ${day} ${name}`
    const known = this.#sums.get(key)
    if (known) known.value += value
    else this.#sums.set(key, { ...subject, day, name, value })
  }
}
