import type { StreamEvent, Usage } from '../../kernel/answer.ts'
import type { AttemptContext, BackendEvent, RelayEvent } from '../../kernel/backend.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import { finishOfChunk } from '../../kernel/finish.ts'
import { type Readable, readableOf, type Taker } from '../../kernel/readable.ts'
import type { ChargedCall } from '../charge/in-flight.ts'
import type { Attempts, Try } from './attempts.ts'
import { checkChunk } from './check-output.ts'
import { Preamble } from './preamble.ts'
import { type Silence, watchSilence } from './silence.ts'
import { wordsOfChunk } from './usage/text-sample.ts'

const over: IteratorReturnResult<undefined> = { done: true, value: undefined }
/** How long an answer that is whole may take to tell its usage to nobody but us. */
const lastWordsMs = 1000

const nobody: Taker<unknown, undefined> = { take: () => undefined, end: () => undefined, fail: () => undefined }

/**
 * One attempt at a streamed answer, as what may go out to the caller. One that failed before any of that, so that another is to be
 * made, ends without an event; one that answered ends with `answer-end`.
 */
export class StreamAttempt implements Taker<BackendEvent | RelayEvent, unknown> {
  readonly #contract: ChargedCall['contract']
  readonly #attempts: Attempts
  readonly #one: Try
  readonly #silence: Silence
  readonly #preamble = new Preamble()
  #source: Readable<BackendEvent | RelayEvent> | undefined
  /** Who reads, while a read waits, and after it. */
  #taker: Taker<StreamEvent, unknown> = nobody
  #reading = false
  /** As far as is known, only usage follows. */
  #finished = false
  /** Upstream ended well; its usage is not told on yet. */
  #answered = false
  #over = false

  constructor({ contract }: ChargedCall, attempts: Attempts, one: Try, { clock }: { readonly clock: Clock }) {
    this.#contract = contract
    this.#attempts = attempts
    this.#one = one
    const { signal } = one.open
    this.#silence = watchSilence(contract.limits, clock, (error) => signal.abort(error))
  }

  get isRead(): boolean {
    return this.#reading
  }

  /** One read at a time. What ends the attempt and is not thrown, so that another one is to be made, is an end. */
  read<R>(taker: Taker<StreamEvent, R>): Promise<R> {
    this.#taker = taker
    this.#reading = true
    return this.#readOn() as Promise<R>
  }

  take(event: BackendEvent | RelayEvent): unknown {
    if (this.#over) return this.#taken(this.#taker.end())
    this.#one.open.signal.throwIfAborted()
    this.#silence.heard()
    const passed = this.#pass(event)
    const taken = passed && this.#taker.take(passed)
    if (taken !== undefined) return this.#taken(taken)
    this.#silence.wait()
    return undefined
  }

  end(): unknown {
    if (this.#over) return this.#taken(this.#taker.end())
    // One that was aborted is not complete, however quietly it ended.
    this.#one.open.signal.throwIfAborted()
    this.#answered = true
    this.#silence.stop()
    this.#attempts.answered(this.#one)
    const bytes = this.#preamble.rest()
    const taken = bytes && this.#taker.take({ type: 'relayed', bytes })
    return taken === undefined ? this.#tellUsage() : this.#taken(taken)
  }

  fail(thrown: unknown): unknown {
    this.#silence.stop()
    if (!this.#over) void this.#leaveSource()
    this.#over = true
    try {
      this.#attempts.failed(this.#one, thrown)
    } catch (final) {
      this.#reading = false
      return this.#taker.fail(final)
    }
    return this.#taken(this.#taker.end())
  }

  /** Nobody reads on: upstream is stopped, or where its answer is whole, heard to its end first, for the sake of its usage. */
  async leave(reason: AstraError): Promise<void> {
    const { signal } = this.#one.open
    if (this.#finished && !this.#over) {
      const patience = setTimeout(() => signal.abort(reason), lastWordsMs)
      await this.#hearOut()
      clearTimeout(patience)
    }
    // Before anything is left: leaving alone would wait for whatever upstream is doing.
    signal.abort(reason)
    await this.drop()
  }

  /** Lets go of what nobody wants any more. */
  async drop(): Promise<void> {
    this.#over = true
    this.#silence.stop()
    await this.#leaveSource()
    this.#attempts.left(this.#one)
  }

  /** Resolves when upstream has ended, however it did. A read that waits ends with it, too. */
  #hearOut(): Promise<void> {
    return new Promise((resolve) => {
      const ended = () => {
        resolve()
        return over
      }
      // One that says more was not whole: a choice came after all others had ended.
      const taker = { take: () => (this.#finished ? undefined : ended()), end: ended, fail: ended }
      if (this.#reading) this.#taker = taker
      else void this.read(taker)
    })
  }

  #readOn(): Promise<unknown> {
    try {
      if (this.#over) return Promise.resolve(this.#taken(this.#taker.end()))
      if (this.#answered) return Promise.resolve(this.#tellUsage())
      this.#silence.wait()
      this.#source ??= readableOf(this.#ask())
      return this.#source.read(this)
    } catch (thrown) {
      return Promise.try(() => this.fail(thrown))
    }
  }

  #tellUsage(): unknown {
    this.#over = true
    const { meter } = this.#one
    const tell = (usage: Usage) => this.#taken(this.#taker.take({ type: 'answer-end', usage }) ?? this.#taker.end())
    const usage = meter.usage()
    return usage instanceof Promise ? usage.then(tell) : tell(usage)
  }

  #taken(taken: unknown): unknown {
    this.#reading = false
    return taken
  }

  /** However upstream takes it. */
  async #leaveSource(): Promise<void> {
    try {
      await this.#source?.leave()
    } catch {}
  }

  #ask(): AsyncIterable<BackendEvent | RelayEvent> {
    const { leg, open } = this.#one
    const { version, backend, relay, inputs } = leg
    const { address } = open.member.endpoint
    const context: AttemptContext = this.#attempts.context(this.#one)
    if (relay) return relay.by.stream(version, address, relay.wire, context)
    if (!backend.stream) throw new AstraError('internal', { reason: `backend ${backend.name} cannot stream` })
    return backend.stream(version, address, inputs[0], context)
  }

  /** What goes out of it. */
  #pass(event: BackendEvent | RelayEvent): StreamEvent | undefined {
    const { meter } = this.#one
    switch (event.type) {
      case 'chunk':
        this.#finished = false
        checkChunk(this.#contract, event.chunk)
        meter.words?.add(wordsOfChunk(event.chunk))
        if (this.#contract.task === 'chat') meter.ended(finishOfChunk(event.chunk))
        this.#attempts.content(this.#one)
        return event
      case 'relayed': {
        if (event.text !== '') this.#finished = false
        meter.words?.add(event.text)
        if (event.finish) meter.ended(event.finish)
        const bytes = this.#preamble.pass(event)
        if (bytes === undefined) return undefined
        this.#attempts.content(this.#one)
        // Nearly always as it came.
        return bytes === event.bytes ? event : { type: 'relayed', bytes, text: event.text }
      }
      case 'usage':
        meter.told(event.usage)
        return undefined
      case 'finished':
        this.#finished = true
        return undefined
      case 'still-there':
        return undefined
    }
  }
}
