import type { ServerResponse } from 'node:http'
import type { CallerSignal } from '../../kernel/call.ts'

/**
 * Aborts when the caller goes away before its answer is written. An AbortSignal is made when somebody listens: it costs as much as a
 * look-up in a cache, which needs none. No getter in the call itself, as each such object takes V8 a hidden class of its own.
 */
export class LeaveSignal implements CallerSignal {
  readonly #response: ServerResponse
  #signal: AbortSignal | undefined

  constructor(response: ServerResponse) {
    this.#response = response
  }

  get aborted(): boolean {
    return this.#signal?.aborted ?? this.#hasLeft()
  }

  get reason(): unknown {
    return this.#made().reason
  }

  get addEventListener(): AbortSignal['addEventListener'] {
    const signal = this.#made()
    return signal.addEventListener.bind(signal)
  }

  get removeEventListener(): AbortSignal['removeEventListener'] {
    const signal = this.#made()
    return signal.removeEventListener.bind(signal)
  }

  #hasLeft(): boolean {
    return this.#response.destroyed && !this.#response.writableFinished
  }

  #made(): AbortSignal {
    if (this.#signal) return this.#signal
    const controller = new AbortController()
    if (this.#hasLeft()) controller.abort()
    else {
      this.#response.once('close', () => {
        if (!this.#response.writableFinished) controller.abort()
      })
    }
    this.#signal = controller.signal
    return this.#signal
  }
}
