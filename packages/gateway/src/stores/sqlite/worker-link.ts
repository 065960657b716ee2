import { Worker } from 'node:worker_threads'
import { AstraError } from '../../kernel/errors.ts'
import type { StoreLog } from '../record-queue.ts'
import { DataFolderError } from './data-folder.ts'
import type { Fault, Operations, Reply, WorkerGiven } from './serve-operations.ts'

export interface WorkerLinkOptions {
  readonly name: string
  readonly module: URL
  readonly given: WorkerGiven
  readonly log?: StoreLog | undefined
  /** Sees each worker as it starts. */
  readonly onStart?: ((worker: Worker) => void) | undefined
}

interface Pending {
  readonly resolve: (output: unknown) => void
  readonly reject: (error: Error) => void
}
interface Running {
  readonly worker: Worker
  readonly ready: Promise<unknown>
  readonly pending: Map<number, Pending>
}

/**
 * Asks a worker for operations. A worker that died is started anew by the next ask; what it had not answered is rejected
 * with `store_unavailable`, its outcome being unknown.
 */
export class WorkerLink<T extends Operations> {
  readonly #options: WorkerLinkOptions
  #running: Running | undefined
  #asks = 0
  #ended = false

  constructor(options: WorkerLinkOptions) {
    this.#options = options
  }

  /** Resolves when the worker is ready; rejects with DataFolderError when it cannot open. */
  async start(): Promise<void> {
    if (this.#ended) throw gone(`the ${this.#options.name} has ended`)
    this.#running ??= this.#spawn()
    await this.#running.ready
  }

  async ask<N extends keyof T & string>(name: N, input: Parameters<T[N]>[0]): Promise<Awaited<ReturnType<T[N]>>> {
    await this.start().catch((thrown) => {
      // Once in use the store is out of order for a while, whatever the folder suffers from.
      throw thrown instanceof DataFolderError ? gone(thrown.message) : thrown
    })
    const running = this.#running
    if (!running) throw gone(`the ${this.#options.name} has stopped`)
    this.#asks += 1
    const id = this.#asks
    const output = replyTo(running, id)
    running.worker.postMessage({ id, name, input })
    return (await output) as Awaited<ReturnType<T[N]>>
  }

  async end(): Promise<void> {
    this.#ended = true
    await this.#running?.worker.terminate()
  }

  #spawn(): Running {
    const { name, module, given, onStart } = this.#options
    const worker = new Worker(module, { name, workerData: given })
    const pending = new Map<number, Pending>()
    const running: Running = { worker, pending, ready: replyTo({ pending }, 0) }
    let error: unknown
    worker.on('message', (reply: Reply) => settle(pending, reply))
    worker.on('error', (thrown) => {
      error = thrown
    })
    worker.on('exit', () => this.#lose(running, error))
    running.ready.catch(() => {
      // A worker that could not open is of no use; the next ask tries a new one.
      if (this.#running === running) this.#running = undefined
      void worker.terminate()
    })
    onStart?.(worker)
    return running
  }

  #lose(running: Running, error: unknown): void {
    if (this.#running === running) this.#running = undefined
    const why = error instanceof Error ? `: ${error.message}` : ''
    const reason = `the ${this.#options.name} stopped${why}`
    if (!this.#ended) this.#options.log?.warn({ unanswered: running.pending.size }, reason)
    for (const { reject } of running.pending.values()) reject(gone(reason))
  }
}

function replyTo({ pending }: Pick<Running, 'pending'>, id: number): Promise<unknown> {
  return new Promise((resolve, reject) => pending.set(id, { resolve, reject }))
}

function settle(pending: Map<number, Pending>, reply: Reply): void {
  const asked = pending.get(reply.id)
  pending.delete(reply.id)
  if ('fault' in reply) asked?.reject(errorOf(reply.fault))
  else asked?.resolve(reply.output)
}

function errorOf(fault: Fault): Error {
  if ('dataFolder' in fault) return new DataFolderError(fault.dataFolder)
  const retry = fault.code === 'store_unavailable' ? { retryAfterMs: 1000 } : {}
  return new AstraError(fault.code, { ...fault.facts, ...retry })
}

function gone(reason: string): AstraError {
  return new AstraError('store_unavailable', { reason, retryAfterMs: 1000 })
}
