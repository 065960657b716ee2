import type { Dispatcher } from 'undici'
import type { AttemptSignal } from '../../kernel/attempt-signal.ts'
import { AstraError } from '../../kernel/errors.ts'
import { type Readable, type Taker, toResult } from '../../kernel/readable.ts'
import { brokenExchange } from './broken.ts'
import { type HttpRequest, stop, toDispatch } from './exchange.ts'
import type { ReplyHead } from './reply.ts'

/** A response whose body is read as it comes, once. Leaving a loop over it early ends the connection. */
export interface StreamedReply extends ReplyHead, AsyncIterable<Buffer>, Readable<Buffer> {
  /** Ends the connection, unless the response has ended. */
  leave(): void
  /** Nothing more is wanted of a response that is as good as over: its connection is kept if it ends soon, and ended if not. */
  letEnd(): void
}

/** Resolves with the response's head. Rejects, and its body throws, AstraErrors, or the signal's reason once it aborts. */
export function exchangeStream(over: Dispatcher, request: HttpRequest, signal: AttemptSignal): Promise<StreamedReply> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    over.dispatch(toDispatch(request), new StreamExchange(resolve, reject, signal))
  })
}

/** What a slow reader lets pile up here before upstream has to wait, in bytes. */
const highWater = 256 * 1024
/** The same in chunks: each is an object, however short it is. */
const chunksMax = 256
/** How long an answer that said its last word may take to end, in ms. */
const endMs = 1000

/** Who waits for what comes. */
interface Reading {
  readonly taker: Taker<Buffer, unknown>
  resolve(taken: unknown): void
  reject(reason: unknown): void
}

const over: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** As `Exchange`: undici's handler, the signal's listener and the body's reader in one object. */
class StreamExchange implements Dispatcher.DispatchHandler, StreamedReply {
  readonly #resolve: (reply: StreamedReply) => void
  readonly #reject: (reason: unknown) => void
  readonly #signal: AttemptSignal
  #controller: Dispatcher.DispatchController | undefined
  status = 0
  headers: ReplyHead['headers'] = {}
  /** Read from upstream, and by nobody here yet. */
  #chunks: Buffer[] = []
  #bytes = 0
  #reading: Reading | undefined
  /** Upstream's side is over: with this failure, or well. */
  #ended = false
  #failure: { readonly reason: unknown } | undefined
  /** The reader's side is over. */
  #left = false
  #patience: NodeJS.Timeout | undefined

  constructor(resolve: (reply: StreamedReply) => void, reject: (reason: unknown) => void, signal: AttemptSignal) {
    this.#resolve = resolve
    this.#reject = reject
    this.#signal = signal
    signal.addEventListener('abort', this)
  }

  /** The signal aborted: it calls this. What has come already is of no use to anybody. */
  handleEvent(): void {
    const { reason } = this.#signal
    this.#chunks = []
    this.#end({ reason })
    if (this.#controller) stop(this.#controller, this.#signal)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#signal.aborted) stop(controller, this.#signal)
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: ReplyHead['headers']): void {
    if (status < 200) return
    this.status = status
    this.headers = headers
    this.#resolve(this)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#left) return
    if (this.#reading && this.#chunks.length === 0) {
      this.#tell(this.#reading, chunk)
      return
    }
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes > highWater || this.#chunks.length > chunksMax) controller.pause()
  }

  onResponseEnd(): void {
    this.#end(undefined)
  }

  onResponseError(_: unknown, error: Error): void {
    const failure = brokenExchange(error, this.#controller !== undefined, this.status > 0)
    this.#end({ reason: failure })
  }

  #end(failure: { readonly reason: unknown } | undefined): void {
    if (this.#ended) return
    this.#ended = true
    this.#failure = failure
    this.#signal.removeEventListener('abort', this)
    clearTimeout(this.#patience)
    if (failure) this.#reject(failure.reason)
    if (this.#reading) this.#tellEnd(this.#reading)
  }

  read<R>(taker: Taker<Buffer, R>): Promise<R> {
    return new Promise((resolve, reject) => {
      const reading: Reading = { taker, resolve: resolve as Reading['resolve'], reject }
      this.#reading = reading
      for (let chunk = this.#chunks.shift(); chunk; chunk = this.#reading && this.#chunks.shift()) {
        this.#bytes -= chunk.length
        this.#tell(reading, chunk)
      }
      const low = this.#bytes < highWater / 2 && this.#chunks.length < chunksMax / 2
      if (low && this.#controller?.paused) this.#controller.resume()
      if (this.#reading && (this.#left || this.#ended)) this.#tellEnd(reading)
    })
  }

  #tell(reading: Reading, chunk: Buffer): void {
    const { taker } = reading
    try {
      const taken = taker.take(chunk)
      if (taken !== undefined) this.#settle(reading, taken)
    } catch (thrown) {
      this.#tellFailure(reading, thrown)
    }
  }

  #tellEnd(reading: Reading): void {
    try {
      if (this.#failure && !this.#left) throw this.#failure.reason
      this.#settle(reading, reading.taker.end())
    } catch (thrown) {
      this.#tellFailure(reading, thrown)
    }
  }

  #tellFailure(reading: Reading, reason: unknown): void {
    this.#reading = undefined
    try {
      reading.resolve(reading.taker.fail(reason))
    } catch (thrown) {
      reading.reject(thrown)
    }
  }

  #settle(reading: Reading, taken: unknown): void {
    this.#reading = undefined
    reading.resolve(taken)
  }

  leave(): void {
    if (this.#patience === undefined) this.#drop()
  }

  letEnd(): void {
    this.#discard()
    if (this.#ended) return
    this.#patience ??= setTimeout(() => this.#drop(), endMs).unref()
    if (this.#controller?.paused) this.#controller.resume()
  }

  #drop(): void {
    this.#discard()
    if (this.#ended) return
    this.#end(undefined)
    this.#controller?.abort(new AstraError('cancelled', { reason: 'its reader left' }))
  }

  #discard(): void {
    this.#left = true
    this.#chunks = []
  }

  [Symbol.asyncIterator](): AsyncIterator<Buffer, undefined> {
    return {
      next: () => this.read<IteratorResult<Buffer, undefined>>(toResult),
      return: async () => {
        this.leave()
        return over
      },
    }
  }
}
