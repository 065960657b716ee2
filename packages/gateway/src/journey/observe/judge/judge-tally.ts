import type {
  JudgeDropReason,
  JudgeReports,
  JudgeStore,
  JudgeSubject,
  JudgeSum,
  JudgeSumName,
} from '../../../kernel/judge.ts'
import type { CallRecord } from '../../../kernel/record.ts'
import { Counts } from '../counts.ts'
import { Sums } from '../sums.ts'

const dayMs = 86_400_000

type Sum = { -readonly [Field in keyof JudgeSum]: JudgeSum[Field] }
type Dropped = Pick<JudgeSubject, 'model' | 'major' | 'metric'> & { readonly reason: JudgeDropReason }

/** What judges come to: sums that go to the store from time to time. Nothing of what was judged. */
export class JudgeTally implements JudgeReports {
  readonly #now: () => number
  readonly #store: JudgeStore
  readonly #sums: Sums<Sum>
  readonly #drops = new Counts<Dropped>()

  constructor(now: () => number, store: JudgeStore) {
    this.#now = now
    this.#store = store
    this.#sums = new Sums({ write: (sums) => store.add(sums), add: (older, { value }) => (older.value += value) })
  }

  dropped(subject: JudgeSubject, reason: JudgeDropReason): void {
    this.#add(subject, `dropped/${reason}`, 1)
    const { model, major, metric } = subject
    this.#drops.add({ model, major, metric, reason })
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

  drops(): ReturnType<Counts<Dropped>['all']> {
    return this.#drops.all()
  }

  async sums(model: string): Promise<readonly JudgeSum[]> {
    await this.flush()
    return await this.#store.sums(model)
  }

  /** See `Sums`. */
  flush(): Promise<void> {
    return this.#sums.flush()
  }

  #add(subject: JudgeSubject, name: JudgeSumName, value: number): void {
    const { model, major, metric, version, judge } = subject
    const day = Math.floor(this.#now() / dayMs)
    const key = `${model}@v${major} ${metric} ${version} ${judge} ${day} ${name}`
    const sum = this.#sums.of(key, () => ({ ...subject, day, name, value: 0 }))
    if (sum) sum.value += value
  }
}
