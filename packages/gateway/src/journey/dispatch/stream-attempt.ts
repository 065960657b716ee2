import type { StreamEvent } from '../../kernel/answer.ts'
import type { AttemptContext, BackendEvent, RelayEvent } from '../../kernel/backend.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { ChargedCall } from '../charge/in-flight.ts'
import type { Attempts, Try } from './attempts.ts'
import { checkChunk } from './check-output.ts'
import { Preamble } from './preamble.ts'
import { type Silence, watchSilence } from './silence.ts'
import { wordsOfChunk } from './usage/text-sample.ts'

type Result = IteratorResult<StreamEvent, void>

const over: IteratorReturnResult<void> = { done: true, value: undefined }
/** How long an answer that is whole may take to tell its usage to nobody but us. */
const lastWordsMs = 1000

/**
 * One attempt at a streamed answer, as what may go out to the caller. One that failed before any of that, so that another is to be
 * made, ends without an event; one that answered ends with `answer-end`. No generator, for the reason that `EventStream` has.
 */
export class StreamAttempt {
  readonly #contract: ChargedCall['contract']
  readonly #attempts: Attempts
  readonly #one: Try
  readonly #silence: Silence
  readonly #preamble = new Preamble()
  #events: AsyncIterator<BackendEvent | RelayEvent, unknown> | undefined
  #reading = false
  #tellRead: (() => void) | undefined
  /** Only usage may follow. */
  #finished = false
  /** Upstream ended well; its usage is not told on yet. */
  #answered = false
  #over = false

  constructor({ contract }: ChargedCall, attempts: Attempts, one: Try, { clock }: { readonly clock: Clock }) {
    this.#contract = contract
    this.#attempts = attempts
    this.#one = one
    this.#silence = watchSilence(contract.limits, clock, (error) => one.open.controller.abort(error))
  }

  async next(): Promise<Result> {
    if (this.#over) return over
    const { signal } = this.#one.open.controller
    this.#reading = true
    try {
      this.#events ??= this.#ask()[Symbol.asyncIterator]()
      while (!this.#answered) {
        this.#silence.wait()
        const { done, value } = await this.#events.next()
        // One that was aborted is not complete, however quietly it ended.
        if (signal.aborted) throw signal.reason
        this.#silence.heard()
        const event = done ? this.#end() : this.#take(value)
        if (event) return { done: false, value: event }
      }
      this.#over = true
      return { done: false, value: { type: 'answer-end', usage: await this.#one.meter.usage() } }
    } catch (thrown) {
      this.#silence.stop()
      if (!this.#over) await this.#events?.return?.().catch(() => undefined)
      this.#over = true
      this.#attempts.failed(this.#one, thrown)
      return over
    } finally {
      this.#reading = false
      this.#tellRead?.()
    }
  }

  /** Nobody reads on: upstream is stopped, or where its answer is whole, heard to its end first, for the sake of its usage. */
  async leave(reason: AstraError): Promise<void> {
    const { controller } = this.#one.open
    if (this.#finished) {
      const patience = setTimeout(() => controller.abort(reason), lastWordsMs)
      await this.#hearOut().catch(() => undefined)
      clearTimeout(patience)
    }
    // Before anything is left: leaving alone would wait for whatever upstream is doing.
    controller.abort(reason)
    await this.drop()
  }

  /** Lets go of what nobody wants any more. */
  async drop(): Promise<void> {
    this.#over = true
    this.#silence.stop()
    // However upstream takes it.
    await this.#events?.return?.().catch(() => undefined)
    this.#attempts.left(this.#one)
  }

  async #hearOut(): Promise<void> {
    if (this.#reading) {
      await new Promise<void>((resolve) => {
        this.#tellRead = resolve
      })
    }
    while (!(await this.next()).done);
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

  /** What of it goes out. */
  #take(event: BackendEvent | RelayEvent): StreamEvent | undefined {
    const { meter } = this.#one
    switch (event.type) {
      case 'chunk':
        checkChunk(this.#contract, event.chunk)
        meter.words?.add(wordsOfChunk(event.chunk))
        this.#attempts.content(this.#one)
        return event
      case 'relayed': {
        meter.words?.add(event.text)
        const bytes = this.#preamble.pass(event)
        if (bytes === undefined) return undefined
        this.#attempts.content(this.#one)
        return { type: 'relayed', bytes }
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

  /** Upstream's last event has come. */
  #end(): StreamEvent | undefined {
    this.#answered = true
    this.#silence.stop()
    this.#attempts.answered(this.#one)
    const bytes = this.#preamble.rest()
    return bytes && { type: 'relayed', bytes }
  }
}
