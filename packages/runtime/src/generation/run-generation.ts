import type { Clock } from '../clock.ts'
import type { Generated, GenerationRequest, Piece } from '../models/text-model.ts'
import type { Worker } from '../workers/worker.ts'

/** What the line needs of a worker. */
export type GenerationWorker = Pick<Worker, 'generate' | 'alive' | 'kill' | 'startMs' | 'facts'>

export interface GenerationRun {
  /** Settles when the worker is done with it, one way or the other. */
  readonly done: Promise<Generated>
  /** Nobody waits for it any more: the worker is told to stop, and ended if it does not. */
  leave(): void
}

export interface GenerationRunOptions {
  readonly worker: GenerationWorker
  readonly request: GenerationRequest
  onPiece(piece: Piece): void
  /** How long the worker may bring nothing. */
  readonly computeMsMax: number
  readonly clock: Clock
}

// A worker may start in less, when everything is cached and nothing else runs.
const restartMsMin = 1000

export function runGeneration({ worker, request, onPiece, computeMsMax, clock }: GenerationRunOptions): GenerationRun {
  const leaving = new AbortController()
  let isOver = false
  let cancelAbandon = () => {}
  let heardAt = clock.now()
  let cancelLate = clock.after(computeMsMax, late)

  // Looks anew rather than being set back by each piece: pieces come by the hundred a second.
  function late(): void {
    const silentMs = clock.now() - heardAt
    if (silentMs < computeMsMax) cancelLate = clock.after(computeMsMax - silentMs, late)
    else worker.kill('compute-time', `wrote nothing for longer than ${computeMsMax} ms (computeMsMax)`)
  }

  async function run(): Promise<Generated> {
    try {
      const heard = (piece: Piece) => {
        heardAt = clock.now()
        onPiece(piece)
      }
      return await worker.generate(request, heard, leaving.signal)
    } finally {
      isOver = true
      cancelLate()
      cancelAbandon()
    }
  }

  return {
    done: run(),
    leave() {
      if (isOver || leaving.signal.aborted) return
      leaving.abort()
      cancelLate()
      // Ending it takes the version away from everybody: it gets as long as another takes to start.
      cancelAbandon = clock.after(Math.max(worker.startMs, restartMsMin), () =>
        worker.kill('abandoned', 'went on writing what nobody waited for any more'),
      )
    },
  }
}
