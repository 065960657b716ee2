import { GatheredBytes } from '@astraapi/oip'
import type { Dispatcher } from 'undici'
import type { AttemptSignal } from '../../kernel/attempt-signal.ts'
import { brokenExchange } from './broken.ts'
import type { Reply } from './reply.ts'

export interface HttpRequest {
  readonly path: string
  /** Makes it a POST. */
  readonly body: string | Uint8Array | undefined
  /** Names and values in turn. */
  readonly headers: string[]
}

/** What is made of a response at once; what `read` throws is a failure, too. */
export interface ReplyReader<T> {
  read(reply: Reply): T
  /** What the exchange rejects with. */
  failed(thrown: unknown): unknown
}

const asItIs: ReplyReader<Reply> = { read: (reply) => reply, failed: (thrown) => thrown }

/** The response read whole. Rejects with AstraErrors, or with the signal's reason once it aborts. */
export function exchange(
  over: Dispatcher,
  request: HttpRequest,
  bodyBytesMax: number,
  signal: AttemptSignal,
): Promise<Reply> {
  return exchangeFor(asItIs, over, request, bodyBytesMax, signal)
}

/** The same for what a reader makes of it: an async function that waited for the exchange would take 400 bytes a call more. */
export function exchangeFor<T>(
  reader: ReplyReader<T>,
  over: Dispatcher,
  request: HttpRequest,
  bodyBytesMax: number,
  signal: AttemptSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(reader.failed(signal.reason))
    over.dispatch(toDispatch(request), new Exchange(resolve, reject, reader, bodyBytesMax, signal))
  })
}

export function toDispatch({ path, body, headers }: HttpRequest): Dispatcher.DispatchOptions {
  return body === undefined ? { path, method: 'GET', headers } : { path, method: 'POST', headers, body }
}

/** Ends what is in flight, as its signal aborted. */
export function stop(controller: Dispatcher.DispatchController, { reason }: AttemptSignal): void {
  controller.abort(reason ?? new Error('it was aborted'))
}

/**
 * One HTTP request and its response, read whole: undici's handler, the listener of the abort signal and the promise's two
 * ends in one object. It stands in for `pool.request`, which costs about a third more CPU per call (measured with
 * a one-row infer over a unix socket) and cannot tell whether a request was ever written.
 */
class Exchange<T> implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: T) => void
  readonly #reject: (reason: unknown) => void
  readonly #reader: ReplyReader<T>
  readonly #signal: AttemptSignal
  readonly #bodyBytesMax: number
  readonly #body: GatheredBytes
  #controller: Dispatcher.DispatchController | undefined
  #status = 0
  #headers: Reply['headers'] = {}

  constructor(
    resolve: (answer: T) => void,
    reject: (reason: unknown) => void,
    reader: ReplyReader<T>,
    bodyBytesMax: number,
    signal: AttemptSignal,
  ) {
    this.#resolve = resolve
    this.#reject = reject
    this.#reader = reader
    this.#bodyBytesMax = bodyBytesMax
    this.#body = new GatheredBytes(bodyBytesMax)
    this.#signal = signal
    signal.addEventListener('abort', this)
  }

  /** The signal aborted: it calls this. */
  handleEvent(): void {
    this.#signal.removeEventListener('abort', this)
    this.#fail(this.#signal.reason)
    if (this.#controller) stop(this.#controller, this.#signal)
  }

  /** A connection is there, and the request is about to be written to it. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#signal.aborted) stop(controller, this.#signal)
  }

  /** Of several the last one counts: before it come those below 200. */
  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Reply['headers']): void {
    this.#status = status
    this.#headers = headers
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#body.length + chunk.length > this.#bodyBytesMax)
      controller.abort(new Error(`the answer is longer than ${this.#bodyBytesMax} bytes`))
    else this.#body.push(chunk)
  }

  onResponseEnd(): void {
    this.#signal.removeEventListener('abort', this)
    // It holds the head's bytes, and undici this handler for a while longer.
    this.#controller = undefined
    try {
      this.#resolve(this.#reader.read({ status: this.#status, headers: this.#headers, body: this.#body.take() }))
    } catch (thrown) {
      this.#fail(thrown)
    }
  }

  onResponseError(_: unknown, error: Error): void {
    // It is what the abort led to, and its reason has been told.
    if (this.#signal.aborted) return
    this.#signal.removeEventListener('abort', this)
    this.#fail(brokenExchange(error, this.#controller !== undefined, this.#status >= 200))
  }

  #fail(thrown: unknown): void {
    this.#reject(this.#reader.failed(thrown))
  }
}
