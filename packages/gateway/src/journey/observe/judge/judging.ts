import type { Catalog } from '../../../kernel/catalog.ts'
import type { Clock } from '../../../kernel/clock.ts'
import type { Judge } from '../../../kernel/contract-policies.ts'
import { toAstraError } from '../../../kernel/errors.ts'
import type { FeedbackMetric } from '../../../kernel/experiment.ts'
import type { JudgeDropReason, JudgeReports, JudgeStore, JudgeSubject } from '../../../kernel/judge.ts'
import type { MissReason, Observable, Observation, Observer } from '../../../kernel/observation.ts'
import type { AskOwn, OwnAnswer } from '../../../kernel/own-call.ts'
import type { RecordSink } from '../../../kernel/store.ts'
import { weigh } from '../weigh.ts'
import { afterRefusal } from './after-refusal.ts'
import { givenTo } from './given-to.ts'
import { JudgeTally } from './judge-tally.ts'
import { sampled, subjectOf } from './sampled.ts'
import { type Judgement, Waiting } from './waiting.ts'
import { commentOf, valueAt, wordOf } from './word-of.ts'

/** However long the judge's own limit is. */
const timeoutMaxMs = 60_000
const givenBytesMax = 1024 * 1024

export interface JudgingPorts {
  readonly clock: Clock
  readonly catalog: () => Catalog
  readonly ask: AskOwn
  readonly feedback: RecordSink['feedback']
  readonly store: JudgeStore
  /** Runs work in a turn of its own, after so many ms. */
  readonly later: (work: () => void, ms: number) => void
}

/**
 * Has a share of the answers judged by a model, in the background. The judge is a version like any other and is asked by a call like any
 * other, of the consumer `astra-judge`; its word is feedback of source `judge`. It is blind: `givenTo` is all that it learns. What waits
 * and what runs is bounded, and what is beyond is dropped and counted.
 */
export class Judging implements Observer {
  readonly #ports: JudgingPorts
  readonly #tally: JudgeTally
  readonly #waiting: Waiting
  readonly #stopped = new AbortController()
  readonly #running = new Set<Promise<void>>()

  constructor(ports: JudgingPorts) {
    this.#ports = ports
    this.#tally = new JudgeTally(() => ports.clock.now(), ports.store)
    this.#waiting = new Waiting(() => ports.clock.elapsed())
  }

  get reports(): JudgeReports {
    return this.#tally
  }

  get waiting(): number {
    return this.#waiting.count
  }

  get inFlight(): number {
    return this.#waiting.running
  }

  /** Since the start. */
  drops(): ReturnType<JudgeTally['drops']> {
    return this.#tally.drops()
  }

  concerns(call: Observable): boolean {
    return sampled(call).length > 0
  }

  missed(call: Observable, why: MissReason): void {
    for (const [metric, judge] of sampled(call)) {
      this.#tally.dropped(subjectOf(call.contract, metric, judge, call.version.id), why)
    }
  }

  observed(seen: Observation): void {
    const version = seen.record.versionServed ?? seen.version.id
    for (const [metric, judge] of sampled(seen)) {
      const subject = subjectOf(seen.contract, metric, judge, version)
      const judgement = this.#judgement(seen, subject, judge)
      if (typeof judgement === 'string') this.#tally.dropped(subject, judgement)
      else {
        this.#waiting.add(judgement)
        this.#goOn(subject.judge)
      }
    }
  }

  /** What was seen goes to the store; see `JudgeTally`. */
  flush(): Promise<void> {
    return this.#tally.flush()
  }

  /** Nothing is asked for any more, and what is asked for ends: resolves when it has. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    for (const { subject } of this.#waiting.drain()) this.#tally.dropped(subject, 'unasked')
    await Promise.all(this.#running)
  }

  /** Or why there is none. Nothing is read where there is no room. */
  #judgement(seen: Observation, subject: JudgeSubject, judge: Judge): Judgement | JudgeDropReason {
    if (this.#stopped.signal.aborted) return 'unasked'
    const refused = this.#waiting.refusal(subject.judge)
    if (refused) return refused
    const asked = this.#ports.catalog().model(judge.model)?.contracts.get(judge.major)
    const metric = this.#metricOf(subject)
    if (!asked || !metric) return 'unasked'
    const given = givenTo(asked.published.input, seen)
    if (typeof given === 'string') return given
    const bytes = weigh(given, givenBytesMax)
    const timeoutMs = Math.min(asked.limits.timeoutMs, timeoutMaxMs)
    const judgement = { subject, judge, metric, given, call: seen.call.id, timeoutMs, bytes }
    return this.#waiting.refusal(subject.judge, bytes) ?? judgement
  }

  /** As it is declared now. */
  #metricOf({ model, major, metric }: JudgeSubject): FeedbackMetric | undefined {
    const { metrics = {} } = this.#ports.catalog().state.models[model]?.contracts?.[major] ?? {}
    return Object.hasOwn(metrics, metric) ? metrics[metric] : undefined
  }

  #goOn(judge: string): void {
    if (this.#stopped.signal.aborted) return
    for (let one = this.#waiting.next(judge); one; one = this.#waiting.next(judge)) {
      const running = this.#run(one).finally(() => this.#running.delete(running))
      this.#running.add(running)
    }
  }

  async #run(one: Judgement): Promise<void> {
    const { judge } = one.subject
    try {
      await this.#judge(one)
    } catch (thrown) {
      this.#tally.failed(one.subject, toAstraError(thrown).code)
    } finally {
      this.#waiting.done(judge)
      this.#goOn(judge)
    }
  }

  async #judge(one: Judgement): Promise<void> {
    const { subject, judge, metric, given, call, timeoutMs } = one
    const { model, major, version } = judge
    const target = { model, major, version, input: given, timeoutMs, reference: call }
    const { item, record } = await this.#ports.ask({
      ...target,
      role: 'judge',
      signal: this.#stopped.signal,
    })
    if (!record || record.outcome === 'refused') return this.#refused(one, { item, record })
    this.#tally.asked(subject, record)
    if ('error' in item) return this.#tally.failed(subject, item.error.code)
    const value = wordOf(valueAt(item.output, judge.value), metric)
    if (value === undefined) return this.#tally.failed(subject, 'value')
    const comment = judge.comment === undefined ? undefined : commentOf(valueAt(item.output, judge.comment))
    const told = {
      callId: call,
      metric: subject.metric,
      value,
      comment,
      source: 'judge',
      consumer: 'astra-judge',
    } as const
    await this.#ports.feedback({ ...told, time: this.#ports.clock.now() })
    this.#tally.judged(subject, value)
  }

  #refused(one: Judgement, answer: OwnAnswer): void {
    const { subject } = one
    const after = afterRefusal(answer)
    if (after.step === 'fail') return void this.#tally.failed(subject, after.code)
    const again = after.step === 'ask-again' && !this.#stopped.signal.aborted
    if (again) this.#waiting.add(one, 'first')
    const dropped = [...(again ? [] : [one]), ...(after.step === 'drop-all' ? this.#waiting.drain(subject.judge) : [])]
    for (const { subject } of dropped) this.#tally.dropped(subject, after.why)
    this.#waiting.pause(subject.judge, after.pauseMs, after.why)
    this.#wake(subject.judge)
  }

  /** Again and again: a timer may come before its time, and the pause may have become longer meanwhile. */
  #wake(judge: string): void {
    const pausedMs = this.#waiting.pausedMs(judge)
    if (pausedMs > 0) this.#ports.later(() => this.#wake(judge), pausedMs)
    else this.#goOn(judge)
  }
}
