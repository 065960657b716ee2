import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import { ProtocolError, type Tensor } from '@astraapi/oip'
import type { ModelFacts } from '../models/model.ts'
import { createFrameReader, decodeFrame, encodeFrame } from './frame.ts'
import { readLines } from './lines.ts'
import { outgrew } from './memory.ts'
import type { Failure, FrontMessage, WorkerMessage } from './messages.ts'
import { pipeOf, type SpawnOptions, spawnWorker } from './spawn-worker.ts'
import { type EndReason, type Worker, type WorkerEnd, WorkerGone } from './worker.ts'

export interface StartOptions extends SpawnOptions {
  /** Loading for longer is taken for hanging. */
  readonly loadMsMax: number
  /** Gives up. */
  readonly signal: AbortSignal
  /** A line that the model, or what it uses, has printed. */
  onLine(line: string, stream: 'stdout' | 'stderr'): void
}

/**
 * Starts a process that loads a model. Rejects with an Error whose message is the reason why the model cannot be had;
 * nothing is left running then.
 */
export async function startWorker(options: StartOptions): Promise<Worker> {
  const { signal, loadMsMax } = options
  signal.throwIfAborted()
  const worker = new WorkerProcess(options)
  const giveUp = () => worker.kill('closed', 'was not wanted any more')
  const late = () => worker.kill('crash', `had not loaded its model after ${loadMsMax} ms (loadMsMax)`)
  const timer = setTimeout(late, loadMsMax)
  signal.addEventListener('abort', giveUp)
  try {
    await worker.load()
    return worker
  } catch (error) {
    worker.kill('crash', 'failed to load')
    await worker.ended
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
  }
}

type Asked = PromiseWithResolvers<readonly Tensor[]>

class WorkerProcess implements Worker {
  readonly #startedAt = performance.now()
  readonly #memoryBytesMax: number | undefined
  readonly #child: ChildProcess
  readonly #pipe: Socket
  readonly #loaded = Promise.withResolvers<ModelFacts>()
  readonly #ended = Promise.withResolvers<WorkerEnd>()
  readonly ended = this.#ended.promise
  #facts: ModelFacts | undefined
  #asked: Asked | undefined
  #end: WorkerEnd | undefined
  #retiring: WorkerEnd | undefined
  startMs = 0

  constructor(options: StartOptions) {
    this.#memoryBytesMax = options.memoryBytesMax
    this.#child = spawnWorker(options)
    this.#pipe = pipeOf(this.#child)
    // Whoever loads or infers has the same rejection; these two may have nobody.
    this.#loaded.promise.catch(() => {})
    readLines(this.#child.stdout, (line) => options.onLine(line, 'stdout'))
    readLines(this.#child.stderr, (line) => options.onLine(line, 'stderr'))
    this.#listen()
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get facts(): ModelFacts {
    if (this.#facts === undefined) throw new Error('The worker has not loaded its model')
    return this.#facts
  }

  async load(): Promise<void> {
    this.#facts = await this.#loaded.promise
    this.startMs = performance.now() - this.#startedAt
  }

  alive(): boolean {
    return this.#end === undefined
  }

  async infer(inputs: readonly Tensor[], outputs: readonly string[]): Promise<readonly Tensor[]> {
    if (this.#end !== undefined) throw new WorkerGone(this.#end)
    // Encoded first: what does not fit is the caller's error, and the worker is not asked.
    const frame = encodeFrame({ type: 'infer', outputs } satisfies FrontMessage, inputs)
    this.#asked = Promise.withResolvers()
    this.#pipe.write(frame)
    return this.#asked.promise
  }

  kill(reason: EndReason, detail: string): void {
    this.#end ??= { reason, detail }
    this.#child.kill('SIGKILL')
  }

  retire(reason: EndReason, detail: string): void {
    if (this.#asked === undefined) this.kill(reason, detail)
    else this.#retiring ??= { reason, detail }
  }

  async close(graceMs: number): Promise<void> {
    this.#end ??= { reason: 'closed', detail: 'was told to end' }
    this.#pipe.write(encodeFrame({ type: 'close' } satisfies FrontMessage))
    const hard = setTimeout(() => this.#child.kill('SIGKILL'), graceMs)
    await this.ended
    clearTimeout(hard)
  }

  #listen(): void {
    const child = this.#child
    const read = createFrameReader((bytes) => {
      const { message, tensors } = decodeFrame<WorkerMessage>(bytes)
      this.#hear(message, tensors)
    })
    this.#pipe.on('data', (chunk: Uint8Array) => {
      try {
        read(chunk)
      } catch (error) {
        this.kill('crash', `sent what nobody can read: ${error instanceof Error ? error.message : error}`)
      }
    })
    // The end of the process, which follows, is what counts.
    this.#pipe.on('error', () => child.kill('SIGKILL'))
    child.on('error', (error) => (child.pid === undefined ? this.#over(`could not be started: ${error.message}`) : {}))
    child.once('exit', (code, signal) => this.#over(signal === null ? `exited with ${code}` : `was ended by ${signal}`))
  }

  #hear(message: WorkerMessage, tensors: readonly Tensor[]): void {
    if (message.type === 'loaded') this.#loaded.resolve(message.facts)
    else if (message.type === 'answer') this.#answered(message.rssBytes, tensors)
    else if (message.type === 'failed') this.#failed(message)
    else this.#end ??= { reason: 'crash', detail: `ended by an error that nothing caught: ${message.message}` }
  }

  #answered(rssBytes: number | undefined, outputs: readonly Tensor[]): void {
    const detail = outgrew(rssBytes, this.#memoryBytesMax)
    if (detail !== undefined) this.retire('memory', detail)
    this.#settle()?.resolve(outputs)
  }

  #failed(failure: Failure): void {
    const error = errorOf(failure)
    this.#loaded.reject(error)
    this.#settle()?.reject(error)
  }

  #settle(): Asked | undefined {
    const asked = this.#asked
    this.#asked = undefined
    // Before anybody looks for a worker to ask next.
    if (this.#retiring !== undefined) this.kill(this.#retiring.reason, this.#retiring.detail)
    return asked
  }

  #over(detail: string): void {
    this.#end ??= { reason: 'crash', detail }
    const gone = new WorkerGone(this.#end)
    this.#loaded.reject(gone)
    this.#asked?.reject(gone)
    this.#pipe.destroy()
    this.#ended.resolve(this.#end)
  }
}

function errorOf({ message, stack, invalid }: Failure): Error {
  if (invalid) return new ProtocolError('invalid', message)
  const error = new Error(message)
  if (stack !== undefined) error.stack = stack
  return error
}
