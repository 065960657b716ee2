import type { ServerResponse } from 'node:http'
import type { CallerSignal } from '../../kernel/call.ts'

type Listener = () => void

/**
 * Aborts when the caller goes away before its answer is written. No AbortSignal: to make one, and to listen to it, is 2 us a call. No
 * getter in the call itself, as each such object takes V8 a hidden class of its own.
 */
export class LeaveSignal implements CallerSignal {
  readonly #response: ServerResponse
  #listeners: Set<Listener> | undefined

  constructor(response: ServerResponse) {
    this.#response = response
  }

  get aborted(): boolean {
    return this.#response.destroyed && !this.#response.writableFinished
  }

  addEventListener(_: 'abort', listener: Listener): void {
    if (!this.#listeners) {
      this.#listeners = new Set()
      // Comes once; `once` would put two objects around it. Bound, as in dispatch/deadline.
      this.#response.on('close', this.#tell.bind(this))
    }
    this.#listeners.add(listener)
  }

  removeEventListener(_: 'abort', listener: Listener): void {
    this.#listeners?.delete(listener)
  }

  #tell(): void {
    if (!this.aborted) return
    for (const listener of this.#listeners ?? []) listener()
  }
}
