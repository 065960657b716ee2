import type { Tensor } from '@astraapi/oip'
import type { ModelFacts } from '../models/model.ts'
import type { Generated, GenerationRequest, Piece } from '../models/text-model.ts'

/** A process that has loaded one model, as the front sees it. It is never started again: another takes its place. */
export interface Worker {
  readonly pid: number
  readonly facts: ModelFacts
  /** How long it took to start and to load its model. */
  readonly startMs: number
  /** False from the moment on that its end is decided. */
  alive(): boolean
  /**
   * One inference at a time. Rejects with ProtocolError `invalid` where the input is at fault, with WorkerGone when the
   * process ends before it has answered, and with any other Error when the model failed.
   */
  infer(inputs: readonly Tensor[], outputs: readonly string[]): Promise<readonly Tensor[]>
  /**
   * At most `facts.generations` at a time. Rejects as `infer`; when the signal aborts, not before the worker has stopped, so
   * that a place that seems free is.
   */
  generate(request: GenerationRequest, onPiece: (piece: Piece) => void, signal: AbortSignal): Promise<Generated>
  /** Ends it at once. `detail` completes "the worker …". */
  kill(reason: EndReason, detail: string): void
  /** Ends it when what runs is answered; at once where nothing runs. */
  retire(reason: EndReason, detail: string): void
  /** Lets the model close, for at most so long. Resolves when the process is gone. */
  close(graceMs: number): Promise<void>
  /** Resolves when the process is gone. */
  readonly ended: Promise<WorkerEnd>
}

/**
 * Why a worker ended: by itself; computed for longer than it may; computed what nobody waited for any more; outgrew its
 * memory; was told to.
 */
export type EndReason = 'crash' | 'compute-time' | 'abandoned' | 'memory' | 'closed'

export interface WorkerEnd {
  readonly reason: EndReason
  /** Completes "the worker …", for whoever runs the server. */
  readonly detail: string
}

/** The process ended before it answered. */
export class WorkerGone extends Error {
  override readonly name = 'WorkerGone'

  constructor({ detail }: WorkerEnd) {
    super(`The worker ${detail}`)
  }
}
