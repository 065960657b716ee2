import { AstraError, operatorReason } from '../kernel/errors.ts'
import type { CallRecord, Feedback } from '../kernel/record.ts'
import type { RecordSink, SinkStatus } from '../kernel/store.ts'
import { retryPause } from './retry-pause.ts'
import { type RecordText, WaitingRecords } from './waiting-records.ts'

export interface RecordBatch {
  /** As texts. */
  readonly records: readonly string[]
  readonly feedback: readonly Feedback[]
}

/** Where a store says what an operator should know; a pino logger is one. */
export interface StoreLog {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
}

export interface RecordQueueOptions {
  readonly text: RecordText
  /** Writes a batch as a whole or not at all. The same batch may come again, and must count once. */
  readonly write: (batch: RecordBatch) => Promise<void>
  readonly log?: StoreLog | undefined
  /** Past so many waiting Records `accepting()` says no, until half of them are written. Default 10,000. */
  readonly waitingMax?: number | undefined
}

interface Waiter {
  /** Resolves when so many Records are written. */
  readonly upTo: number
  readonly resolve: () => void
  /** Left out by a waiter that sits failures out. */
  readonly reject?: (error: AstraError) => void
}

interface WaitingFeedback {
  readonly feedback: Feedback
  readonly resolve: () => void
  readonly reject: (error: AstraError) => void
}

const batchMax = 500
const batchEveryMs = 100

/**
 * The main thread's half of accounting: Records wait in memory and go out in batches, one batch at a time and in order. A
 * batch that fails is kept and sent again until it is written.
 *
 * Feedback joins the next batch, which then leaves at once. While writing fails it is refused (`store_unavailable`) rather
 * than kept: its sender is still there and may repeat it, a call's Record has nobody else.
 */
export class RecordQueue implements RecordSink {
  readonly #options: RecordQueueOptions
  readonly #waitingMax: number
  readonly #pause = retryPause()
  readonly #records: WaitingRecords
  #feedback: WaitingFeedback[] = []
  #waiters: Waiter[] = []
  #put = 0
  #written = 0
  #delivering = false
  #refusing = false
  #closed = false
  #fault: string | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: RecordQueueOptions) {
    this.#options = options
    this.#waitingMax = options.waitingMax ?? 10_000
    this.#records = new WaitingRecords(options.text)
  }

  put(record: CallRecord): void {
    if (this.#closed) throw new Error('a Record was put after the store was closed')
    this.#records.put(record)
    this.#put += 1
    if (!this.#delivering) this.#schedule()
  }

  accepting(): boolean {
    const waiting = this.#put - this.#written
    this.#refusing = this.#refusing ? waiting >= this.#waitingMax / 2 : waiting > this.#waitingMax
    return !this.#refusing
  }

  status(): SinkStatus {
    return { waiting: this.#put - this.#written, written: this.#written, fault: this.#fault }
  }

  recent(id: string): CallRecord | undefined {
    return this.#records.byId(id)
  }

  recentByReference(consumer: string, reference: string): CallRecord | undefined {
    return this.#records.byReference(consumer, reference)
  }

  /** While writing fails: tries at once, and rejects with `store_unavailable` if that fails too; the Records stay. */
  flush(): Promise<void> {
    if (this.#put === this.#written) return Promise.resolve()
    return new Promise((resolve, reject) => this.#await({ upTo: this.#put, resolve, reject }))
  }

  feedback(feedback: Feedback): Promise<void> {
    if (this.#closed) return Promise.reject(closed())
    if (this.#fault !== undefined) return Promise.reject(unavailable(this.#fault))
    return new Promise((resolve, reject) => {
      this.#feedback.push({ feedback, resolve, reject })
      this.#send()
    })
  }

  /** Writes what waits, then takes nothing more; rejects after `withinMs`, naming how many Records are lost. */
  async close(withinMs: number): Promise<void> {
    const deadline = setTimeout(() => this.#stop(), withinMs)
    while (!this.#closed && (this.#put > this.#written || this.#delivering)) {
      await new Promise<void>((resolve) => this.#await({ upTo: this.#put, resolve }))
    }
    clearTimeout(deadline)
    this.#stop()
    const lost = this.#put - this.#written
    if (lost > 0) throw new Error(`${lost} Records could not be written and are lost: ${this.#fault ?? 'out of time'}`)
  }

  #stop(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#pause.cut()
    for (const { resolve, reject = resolve } of this.#waiters.splice(0)) reject(closed())
    for (const one of this.#feedback.splice(0)) one.reject(closed())
  }

  #await(waiter: Waiter): void {
    this.#waiters.push(waiter)
    this.#send()
    this.#pause.cut()
  }

  #schedule(): void {
    if (this.#records.waiting >= batchMax) this.#send()
    else this.#timer ??= setTimeout(() => this.#send(), batchEveryMs)
  }

  #send(): void {
    if (this.#delivering) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    const records = this.#records.next(batchMax)
    const feedback = this.#feedback.splice(0)
    if (records.length + feedback.length > 0) void this.#deliver(records, feedback)
  }

  /** Never rejects. */
  async #deliver(records: readonly string[], joined: readonly WaitingFeedback[]): Promise<void> {
    this.#delivering = true
    let waiting = joined
    for (let failures = 0; !this.#closed && records.length + waiting.length > 0; failures += 1) {
      try {
        await this.#options.write({ records, feedback: waiting.map((one) => one.feedback) })
        this.#succeed(records.length, waiting)
        break
      } catch (thrown) {
        // A crashed worker leaves the outcome unknown: the first repetition comes at once, and counts once.
        if (failures === 0) continue
        this.#fail(reasonOf(thrown), records.length, waiting)
        waiting = []
        if (records.length > 0 && !this.#closed) await this.#pause.wait(failures)
      }
    }
    // Settled already, unless the store was closed in the meantime.
    for (const one of waiting) one.reject(closed())
    this.#delivering = false
    this.#goOn()
  }

  #goOn(): void {
    const due = this.#waiters.filter((waiter) => waiter.upTo <= this.#written)
    this.#waiters = this.#waiters.filter((waiter) => waiter.upTo > this.#written)
    for (const waiter of due) waiter.resolve()
    if (this.#closed) return
    if (this.#waiters.length + this.#feedback.length > 0) this.#send()
    else if (this.#records.waiting > 0) this.#schedule()
  }

  #succeed(count: number, feedback: readonly WaitingFeedback[]): void {
    this.#records.written(count)
    this.#written += count
    if (this.#fault !== undefined) this.#options.log?.info(this.status(), 'accounting is written again')
    this.#fault = undefined
    for (const one of feedback) one.resolve()
  }

  /** Feedback without Records is given up, so it sets no fault: nothing would be tried again that could clear it. */
  #fail(reason: string, count: number, feedback: readonly WaitingFeedback[]): void {
    if (count > 0 && this.#fault !== reason) {
      this.#fault = reason
      this.#options.log?.warn(this.status(), 'accounting cannot be written; it is kept and tried again')
    }
    const impatient = this.#waiters.filter((waiter) => waiter.reject)
    this.#waiters = this.#waiters.filter((waiter) => !waiter.reject)
    for (const one of [...feedback, ...this.#feedback.splice(0), ...impatient]) one.reject?.(unavailable(reason))
  }
}

function closed(): AstraError {
  return unavailable('the store is closed')
}

function unavailable(reason: string): AstraError {
  return new AstraError('store_unavailable', { reason, retryAfterMs: 1000 })
}

function reasonOf(thrown: unknown): string {
  if (thrown instanceof AstraError) return operatorReason(thrown)
  return thrown instanceof Error ? thrown.message : String(thrown)
}
