import { ProtocolError } from '@astraapi/oip'
import { refusal } from '../batching/queue-bound.ts'
import type { Clock } from '../clock.ts'
import type { Generated, GenerationRequest, Piece } from '../models/text-model.ts'
import { type GenerationRun, type GenerationWorker, runGeneration } from './run-generation.ts'

/** The line before the workers of a version that generates text: each runs several generations at once, and the rest waits. */
export interface GenerationLine {
  /** Rejects with ProtocolError, with what the model threw, or with the signal's reason as soon as it aborts. */
  generate(request: GenerationRequest, options: GenerateOptions): Promise<Told>
  /** Calls that wait or are answered. */
  waiting(): number
  /** A worker that runs nothing yet. One that ends is let go by itself. */
  offer(worker: GenerationWorker): void
  /** As of a batcher. */
  suspend(why: string, backMs: number): void
  drain(why: string): Promise<void>
  close(why: string): void
}

export interface GenerateOptions {
  onPiece(piece: Piece): void
  readonly signal: AbortSignal
}

export interface Told extends Generated {
  /** From the call's arrival until a worker was asked, and from then on. */
  readonly queueMs: number
  readonly computeMs: number
}

export interface GenerationLineOptions {
  readonly queueMsMax: number
  /** How long a worker may bring nothing. */
  readonly computeMsMax: number
  /** Calls that may wait. */
  readonly callsMax: number
  /** What the inputs of all calls may take in memory; a call by itself may take more. */
  readonly bytesMax: number
  readonly clock: Clock
  /** A worker is done with one, or failed. */
  onGeneration(computeMs: number): void
}

interface Call extends PromiseWithResolvers<Told> {
  readonly request: GenerationRequest
  readonly onPiece: (piece: Piece) => void
  readonly bytes: number
  readonly queuedAt: number
  run: GenerationRun | undefined
}

// Of the times per generation the last one counts for a fifth.
const newest = 0.2

export function createGenerationLine(options: GenerationLineOptions): GenerationLine {
  const { clock, callsMax, bytesMax, queueMsMax } = options
  const waiting = new Set<Call>()
  const open = new Set<Call>()
  /** A worker stands in it once for each generation that it can still take. */
  let places: readonly GenerationWorker[] = []
  let running = 0
  let bytes = 0
  let msPerGeneration = 0
  let refusing: string | undefined = 'its worker is starting'
  let draining = false
  let drained = () => {}

  function settle(call: Call, how: () => void): void {
    if (!open.delete(call)) return
    waiting.delete(call)
    bytes -= call.bytes
    how()
    call.run?.leave()
    if (open.size === 0) drained()
  }

  function fail(calls: Iterable<Call>, why: string): void {
    for (const call of [...calls]) settle(call, () => call.reject(new ProtocolError('unavailable', why)))
  }

  function refuse(arriving: number): void {
    if (refusing !== undefined) throw new ProtocolError('unavailable', refusing)
    const atOnce = Math.max(running + places.length, 1)
    const queue = { calls: waiting.size, rows: waiting.size, bytes, msPerRow: msPerGeneration / atOnce }
    const bound = { callsMax, bytesMax, rowsFree: atOnce, waitMsMax: queueMsMax }
    const error = refusal(queue, bound, clock.now(), { bytes: arriving, deadlineMs: undefined })
    if (error !== undefined) throw error
  }

  /** Gives what waits to places that are free. */
  function pump(): void {
    places = places.filter((worker) => worker.alive())
    for (const call of waiting) {
      const [worker] = places
      if (worker === undefined) return
      places = places.slice(1)
      waiting.delete(call)
      launch(worker, call)
    }
  }

  function launch(worker: GenerationWorker, call: Call): void {
    running += 1
    const startedAt = clock.now()
    const run = runGeneration({ worker, request: call.request, onPiece: call.onPiece, ...options })
    call.run = run
    const queueMs = startedAt - call.queuedAt
    void run.done.then(
      (generated) => {
        const computeMs = clock.now() - startedAt
        msPerGeneration = msPerGeneration === 0 ? computeMs : msPerGeneration + newest * (computeMs - msPerGeneration)
        over(worker, computeMs)
        settle(call, () => call.resolve({ ...generated, queueMs, computeMs }))
      },
      (error: unknown) => {
        over(worker, clock.now() - startedAt)
        settle(call, () => call.reject(error))
      },
    )
  }

  function over(worker: GenerationWorker, computeMs: number): void {
    running -= 1
    places = [...places, worker]
    options.onGeneration(computeMs)
    pump()
  }

  return {
    async generate(request, { onPiece, signal }) {
      signal.throwIfAborted()
      const size = sizeOf(request)
      refuse(size)
      const call: Call = {
        request,
        onPiece: (piece) => (open.has(call) ? onPiece(piece) : undefined),
        bytes: size,
        queuedAt: clock.now(),
        run: undefined,
        ...Promise.withResolvers<Told>(),
      }
      const leave = () => settle(call, () => call.reject(signal.reason))
      signal.addEventListener('abort', leave)
      open.add(call)
      bytes += size
      waiting.add(call)
      pump()
      try {
        return await call.promise
      } finally {
        signal.removeEventListener('abort', leave)
      }
    },
    waiting: () => open.size,
    offer(worker) {
      if (!draining) refusing = undefined
      places = [...places, ...Array.from({ length: worker.facts.generations ?? 1 }, () => worker)]
      pump()
    },
    suspend(why, backMs) {
      if (draining) return
      refusing = why
      if (backMs > queueMsMax) fail(waiting, why)
    },
    async drain(why) {
      draining = true
      refusing = why
      if (open.size === 0) return
      const { promise, resolve } = Promise.withResolvers<void>()
      drained = resolve
      await promise
    },
    close(why) {
      draining = true
      refusing = why
      fail(open, why)
    },
  }
}

/** Characters, near enough to bytes for a bound. */
function sizeOf({ input }: GenerationRequest): number {
  return typeof input === 'string' ? input.length : input.reduce((sum, { content }) => sum + content.length, 0)
}
