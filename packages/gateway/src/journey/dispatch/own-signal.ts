import type { AbortListener, AttemptSignal } from '../../kernel/attempt-signal.ts'
import type { AstraError } from '../../kernel/errors.ts'

/** The signal of one attempt, and what aborts it. */
export class OwnSignal implements AttemptSignal {
  aborted = false
  reason: AstraError | undefined
  /** Of most attempts there is one. */
  #listener: AbortListener | undefined
  #others: Set<AbortListener> | undefined

  /** Once. */
  abort(reason: AstraError): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    const listener = this.#listener
    this.#listener = undefined
    if (listener) tell(listener)
    // One may take the next away.
    if (this.#others) for (const other of this.#others) tell(other)
    this.#others = undefined
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason
  }

  addEventListener(_: 'abort', listener: AbortListener): void {
    if (this.aborted || listener === this.#listener || this.#others?.has(listener)) return
    if (this.#listener === undefined) this.#listener = listener
    else {
      this.#others ??= new Set()
      this.#others.add(listener)
    }
  }

  removeEventListener(_: 'abort', listener: AbortListener): void {
    if (this.#listener === listener) this.#listener = undefined
    else this.#others?.delete(listener)
  }
}

function tell(listener: AbortListener): void {
  if (typeof listener === 'function') listener()
  else listener.handleEvent()
}
