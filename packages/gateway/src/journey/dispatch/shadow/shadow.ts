import { setImmediate as turn } from 'node:timers/promises'
import type { Answer } from '../../../kernel/answer.ts'
import type { Clock } from '../../../kernel/clock.ts'
import type { ErrorCode } from '../../../kernel/errors.ts'
import type { CallRecord } from '../../../kernel/record.ts'
import type { ShadowPair, ShadowReports, ShadowStore } from '../../../kernel/shadow.ts'
import type { FittedCall } from '../../assign/fit-inputs.ts'
import { Copies } from './copies.ts'
import { isOfShare, type Original, type Serve } from './copy.ts'
import { HeardStream } from './heard-stream.ts'
import { type Place, Places } from './places.ts'
import { bounded, compareSaid, type Said, saidBy } from './said.ts'
import { Tally } from './tally.ts'
import { weigh } from './weigh.ts'

/** Calls of the share that are not answered yet, of which only their beginning is known; streams whose words are kept. */
const originalsMax = 4096
const heardMax = 128
const requestBytesMax = 16 * 1024 * 1024

/**
 * Copies a share of the served calls to a version whose answers are not served, and compares. A copy begins in a turn of its own, after
 * its original was answered well; it is a call like any other, of the consumer `astra-shadow`, with a Record of its own, and bounded by
 * `Places` instead of by what bounds those that are served: nothing that it does can keep a caller waiting, or be told to one.
 */
export class Shadow {
  readonly #copies: Copies
  readonly #tally: Tally
  readonly #places: Places
  readonly #originals = new Map<string, Original>()
  readonly #heard = new Set<Original>()
  #stopped = false

  constructor(clock: Clock, store: ShadowStore) {
    this.#copies = new Copies(clock)
    this.#tally = new Tally(() => clock.now(), store)
    this.#places = new Places(() => clock.elapsed())
  }

  get reports(): ShadowReports {
    return this.#tally
  }

  get inFlight(): number {
    return this.#places.inFlight
  }

  /** Since the start, by contract and reason. */
  drops(): ReturnType<Tally['drops']> {
    return this.#tally.drops()
  }

  /** The answer as it is, or of a stream, as it passes: what it says is noted where the call is one of the share. */
  follow(fitted: FittedCall, answer: () => Answer | Promise<Answer>, serve: Serve): Answer | Promise<Answer> {
    if (!isOfShare(fitted)) return answer()
    if (this.#originals.size >= originalsMax) {
      this.#tally.dropped(pairOf(fitted, fitted.version.id), 'full')
      return answer()
    }
    const original: Original = { fitted, serve, said: undefined, record: undefined }
    this.#originals.set(fitted.call.id, original)
    const answered = answer()
    if (!(answered instanceof Promise)) return this.#listen(original, answered)
    return answered.then(
      (answer) => this.#listen(original, answer),
      (thrown) => {
        this.#forget(original)
        throw thrown
      },
    )
  }

  /** Each Record, when it is kept: an original's says that it was answered well, a copy's what became of it. */
  kept(record: CallRecord): void {
    this.#copies.kept(record)
    if (this.#originals.size === 0) return
    const original = this.#originals.get(record.id)
    if (!original) return
    original.record = record
    if (record.outcome === 'ok') this.#begin(original)
    else this.#forget(original)
  }

  /** What was seen goes to the store; see `Tally`. */
  flush(): Promise<void> {
    return this.#tally.flush()
  }

  /** No copy begins any more, and those in flight end. */
  stop(): void {
    this.#stopped = true
    this.#copies.abort()
  }

  #listen(original: Original, answer: Answer): Answer {
    const { call, version } = original.fitted
    // What a cache answers costs nothing and is the same each time: there is nothing to learn from a copy.
    if (answer.cached) this.#forget(original)
    else if (answer.kind === 'whole') this.#said(original, saidBy(answer, call))
    else if (this.#heard.size >= heardMax) {
      this.#forget(original)
      this.#tally.dropped(pairOf(original.fitted, version.id), 'full')
    } else if (this.#originals.has(call.id)) {
      this.#heard.add(original)
      return { ...answer, events: new HeardStream(answer.events, (said) => this.#said(original, said)) }
    }
    return answer
  }

  #said(original: Original, said: Said | undefined): void {
    original.said = said
    if (said) this.#begin(original)
    else this.#forget(original)
  }

  #forget(original: Original): void {
    this.#originals.delete(original.fitted.call.id)
    this.#heard.delete(original)
  }

  /** Once both are there: the answer and its Record. */
  #begin(original: Original): void {
    const { fitted, said, record } = original
    if (!said || !record || !this.#originals.has(fitted.call.id)) return
    this.#forget(original)
    const pair = pairOf(fitted, record.versionServed ?? fitted.version.id)
    // It fell back on the shadow itself.
    if (pair.served === pair.shadow) return
    const place = this.#stopped ? 'unasked' : this.#places.take(fitted.contract)
    if (typeof place === 'string') this.#tally.dropped(pair, place)
    else setImmediate(() => void this.#copy({ original, said, record, pair, place }))
  }

  async #copy(begun: Begun): Promise<void> {
    try {
      await this.#compare(begun)
    } catch {
      this.#tally.failed(begun.pair, 'internal')
    } finally {
      begun.place.release()
    }
  }

  async #compare({ original, said, record, pair, place }: Begun): Promise<void> {
    const { fitted, serve } = original
    const { contract, call } = fitted
    const served = bounded(said)
    if (served.form === 'none' && served.why === 'too-large') return this.#tally.dropped(pair, 'too-large')
    // Its bytes, and about as much for what was parsed of them.
    const bytes = call.wire ? 2 * call.wire.bytes.length : weigh(call.inputs, requestBytesMax)
    if (bytes > requestBytesMax) return this.#tally.dropped(pair, 'too-large')
    if (!place.holds(bytes)) return this.#tally.dropped(pair, 'full')
    const copy = await this.#copies.ask(fitted, pair.shadow, serve)
    if (!copy.record || copy.record.outcome === 'refused') {
      const why = copy.record?.code && limitCodes.has(copy.record.code) ? 'limits' : 'unasked'
      this.#places.pause(contract, why)
      return this.#tally.dropped(pair, why)
    }
    if (copy.record.outcome !== 'ok' || !copy.said) {
      return this.#tally.failed(pair, copy.record.code ?? 'internal')
    }
    // Not in the turn in which callers' answers may have come.
    await turn()
    const found = compareSaid(served, bounded(copy.said), contract)
    this.#tally.answered(pair, { served: record, copy: copy.record }, found)
  }
}

interface Begun {
  readonly original: Original
  readonly said: Said
  readonly record: CallRecord
  readonly pair: ShadowPair
  readonly place: Place
}

const limitCodes: ReadonlySet<ErrorCode> = new Set([
  'rate_limited',
  'budget_exhausted',
  'overloaded',
  'limits_unavailable',
])

function pairOf({ contract: { model, major, shadow } }: FittedCall, served: string): ShadowPair {
  return { model, major, served, shadow: shadow?.version.id ?? '' }
}
