import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Tensor } from '@astraapi/oip'
import type { ModelFacts } from '../models/model.ts'
import type { Generated, GenerationRequest, Piece } from '../models/text-model.ts'
import { type AskedGenerations, createAskedGenerations } from './asked-generations.ts'
import { errorOf } from './failure.ts'
import { createFrameReader, decodeFrame, encodeFrame } from './frame.ts'
import { readLines } from './lines.ts'
import { outgrew } from './memory.ts'
import type { Failure, FrontMessage, GenerationMessage, WorkerMessage } from './messages.ts'
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
  readonly #generations: AskedGenerations
  #end: WorkerEnd | undefined
  #retiring: WorkerEnd | undefined
  startMs = 0

  constructor(options: StartOptions) {
    this.#memoryBytesMax = options.memoryBytesMax
    this.#child = spawnWorker(options)
    this.#pipe = pipeOf(this.#child)
    this.#generations = createAskedGenerations((message) => this.#pipe.write(encodeFrame(message)))
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

  async generate(request: GenerationRequest, onPiece: (piece: Piece) => void, signal: AbortSignal): Promise<Generated> {
    if (this.#end !== undefined) throw new WorkerGone(this.#end)
    return this.#generations.ask(request, onPiece, signal)
  }

  kill(reason: EndReason, detail: string): void {
    this.#end ??= { reason, detail }
    this.#child.kill('SIGKILL')
  }

  retire(reason: EndReason, detail: string): void {
    this.#retiring ??= { reason, detail }
    this.#retireIfIdle()
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
    else if (message.type !== 'fatal') this.#heardOfGeneration(message)
    else this.#end ??= { reason: 'crash', detail: `ended by an error that nothing caught: ${message.message}` }
  }

  #answered(rssBytes: number | undefined, outputs: readonly Tensor[]): void {
    this.#checkMemory(rssBytes)
    this.#settle()?.resolve(outputs)
  }

  #heardOfGeneration(message: GenerationMessage): void {
    if (message.type === 'generated') this.#checkMemory(message.rssBytes)
    this.#generations.hear(message)
    if (message.type !== 'piece') this.#retireIfIdle()
  }

  #checkMemory(rssBytes: number | undefined): void {
    const detail = outgrew(rssBytes, this.#memoryBytesMax)
    if (detail !== undefined) this.#retiring ??= { reason: 'memory', detail }
  }

  #failed(failure: Failure): void {
    const error = errorOf(failure)
    this.#loaded.reject(error)
    this.#settle()?.reject(error)
  }

  #settle(): Asked | undefined {
    const asked = this.#asked
    this.#asked = undefined
    this.#retireIfIdle()
    return asked
  }

  /** Before anybody looks for a worker to ask next. */
  #retireIfIdle(): void {
    if (this.#retiring === undefined || this.#asked !== undefined || this.#generations.count() > 0) return
    this.kill(this.#retiring.reason, this.#retiring.detail)
  }

  #over(detail: string): void {
    this.#end ??= { reason: 'crash', detail }
    const gone = new WorkerGone(this.#end)
    this.#loaded.reject(gone)
    this.#asked?.reject(gone)
    this.#generations.failAll(gone)
    this.#pipe.destroy()
    this.#ended.resolve(this.#end)
  }
}
