import type { StreamEvent, Usage } from '../../kernel/answer.ts'
import { AstraError } from '../../kernel/errors.ts'
import { bodyOf, bytesOf } from './event-bytes.ts'
import type { KeptBody } from './kept-answer.ts'
import type { Reader, Source } from './reader.ts'

export interface SharedStreamPorts {
  /** Of what is remembered for those who join, and for the cache, bytes. */
  readonly bytesMax: number
  /** From here on nobody may join, as the beginning is not remembered any more. */
  readonly tooLong: () => void
  /** The answer is complete, and no longer than that. */
  readonly complete: (body: KeptBody, usage: Usage) => void
  /** It ended, however it did. */
  readonly over: () => void
  /** One who reads it left. */
  readonly left: () => void
}

/**
 * A stream that several read, each from its beginning and at its own pace: whoever is ahead has the next event asked for. What was asked
 * for is remembered up to a bound; past it, no more than that bound is kept for who is behind, and who is further behind is cut off, so
 * that one who does not read holds up nobody and fills no memory.
 */
export class SharedStream implements Source {
  readonly #events: AsyncIterator<StreamEvent, unknown>
  readonly #ports: SharedStreamPorts
  readonly #readers = new Set<Reader>()
  readonly #waiting = new Map<Reader, () => void>()
  /** Those from place `#base` on. */
  readonly #window: { readonly event: StreamEvent; readonly bytes: number }[] = []
  #base = 0
  #bytes = 0
  /** Nothing is forgotten yet. */
  #whole = true
  #pulling = false
  #over = false
  #failure: unknown

  constructor(events: AsyncIterable<StreamEvent>, ports: SharedStreamPorts) {
    this.#events = events[Symbol.asyncIterator]()
    this.#ports = ports
  }

  /** Its beginning is forgotten: nobody can begin to read it. */
  get isTooLong(): boolean {
    return !this.#whole
  }

  add(reader: Reader): void {
    this.#readers.add(reader)
  }

  at(reader: Reader): StreamEvent | undefined | Promise<StreamEvent | undefined> {
    const found = this.#window[reader.position - this.#base]
    if (found) return found.event
    if (this.#over) {
      if (this.#failure) throw this.#failure
      return undefined
    }
    const woken = new Promise<void>((resolve) => this.#waiting.set(reader, resolve))
    if (!this.#pulling) void this.#pull()
    return woken.then(() => (this.#readers.has(reader) ? this.at(reader) : undefined))
  }

  left(reader: Reader): void {
    if (!this.#readers.delete(reader)) return
    this.#waiting.get(reader)?.()
    this.#waiting.delete(reader)
    this.#ports.left()
  }

  async #pull(): Promise<void> {
    this.#pulling = true
    try {
      const { done, value } = await this.#events.next()
      if (done) this.#end()
      else this.#take(value)
    } catch (thrown) {
      this.#failure = thrown
      this.#end()
    }
    this.#pulling = false
    const woken = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const wake of woken) wake()
  }

  #take(event: StreamEvent): void {
    const bytes = bytesOf(event)
    this.#window.push({ event, bytes })
    this.#bytes += bytes
    if (this.#whole && this.#bytes > this.#ports.bytesMax) {
      this.#whole = false
      this.#ports.tooLong()
    }
    if (event.type === 'answer-end') {
      if (this.#whole) this.#ports.complete(bodyOf(this.#window.map((one) => one.event)), event.usage)
      this.#end()
    }
    if (!this.#whole) this.#trim()
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    this.#ports.over()
  }

  /** Forgets what all have read, and who is too far behind. */
  #trim(): void {
    const end = this.#base + this.#window.length
    for (;;) {
      const slowest = Math.min(end, ...[...this.#readers].map(({ position }) => position))
      while (this.#base < slowest) {
        this.#bytes -= this.#window.shift()?.bytes ?? 0
        this.#base++
      }
      if (this.#bytes <= this.#ports.bytesMax || this.#window.length <= 1) return
      const behind = [...this.#readers].filter(({ position }) => position === slowest)
      for (const reader of behind) void reader.fail(tooSlow())
      if (behind.length === 0) return
    }
  }
}

function tooSlow(): AstraError {
  return new AstraError('overloaded', {
    detail: 'The answer was read too slowly to be shared with the calls that asked for the same',
    next: 'Repeat the call, and read its answer as it comes.',
  })
}
