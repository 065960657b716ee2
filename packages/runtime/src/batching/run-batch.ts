import type { Tensor } from '@astraapi/oip'
import type { Clock } from '../clock.ts'
import type { Worker } from '../workers/worker.ts'
import type { Piece } from './call.ts'
import { haveRows, joinRows, sliceRows, WHOLE } from './rows.ts'

/** What a batcher needs of a worker. */
export type BatchWorker = Pick<Worker, 'infer' | 'alive' | 'kill' | 'startMs'>

export interface BatchRun {
  /** Resolves when the worker is done with it, one way or the other, with the pieces that are to be computed alone. */
  readonly done: Promise<readonly Piece[]>
  /** To be told when a call was settled by other means: nobody may be waiting for this batch any more. */
  noticeLeft(): void
}

export interface BatchRunOptions {
  readonly pieces: readonly Piece[]
  readonly worker: BatchWorker
  readonly computeMsMax: number
  /** What a row took lately, if that is known. */
  readonly msPerRow: number | undefined
  readonly clock: Clock
  onAnswer(batch: { readonly rows: number; readonly computeMs: number }): void
  /** Once, when the worker is done with it: with an answer or without. */
  onBatch(batch: { readonly rows: number; readonly computeMs: number }): void
}

// A worker may start in less, when everything is cached and nothing else runs.
const RESTART_MS_MIN = 1000

/**
 * How long a batch that nobody waits for may go on: as long as a new worker takes to start. One that is expected to be done
 * before waiting and starting would be is let finish, since a restart takes the version away from everybody.
 */
function patienceMs(expectedMs: number, restartMs: number): number {
  return expectedMs <= 2 * restartMs ? expectedMs + restartMs : restartMs
}

/** Computes pieces of calls together, and gives each its own answer, or failure. */
export function runBatch(options: BatchRunOptions): BatchRun {
  const { pieces, worker, computeMsMax, msPerRow = 0, clock, onAnswer, onBatch } = options
  const startedAt = clock.now()
  const rows = pieces.reduce((sum, piece) => sum + piece.rows, 0)
  let cancelAbandon: (() => void) | undefined
  let isLate = false
  let isOver = false
  const cancelLate = clock.after(computeMsMax, () => {
    isLate = true
    worker.kill('compute-time', `computed a batch for longer than ${computeMsMax} ms (computeMsMax)`)
  })

  async function run(): Promise<readonly Piece[]> {
    try {
      const inputs = joinRows(pieces.map((piece) => piece.inputs))
      const outputs = await worker.infer(inputs, pieces[0]?.call.outputs ?? [])
      const batch = { rows, computeMs: clock.now() - startedAt }
      isOver = true
      onBatch(batch)
      onAnswer(batch)
      handOut(pieces, outputs, batch)
      return []
    } catch (error) {
      if (!isOver) onBatch({ rows, computeMs: clock.now() - startedAt })
      return fail(error)
    } finally {
      cancelLate()
      cancelAbandon?.()
    }
  }

  /** One bad request must not harm those that happen to be computed with it, unless the time for all is spent. */
  function fail(error: unknown): readonly Piece[] {
    const left = pieces.filter(({ call }) => !call.settled())
    if (pieces.length > 1 && !isLate) return left
    for (const { call } of left) call.fail(error)
    return []
  }

  return {
    done: run(),
    noticeLeft() {
      if (isOver || cancelAbandon !== undefined || pieces.some(({ call }) => !call.settled())) return
      const expectedMs = Math.max(0, startedAt + rows * msPerRow - clock.now())
      cancelAbandon = clock.after(patienceMs(expectedMs, Math.max(worker.startMs, RESTART_MS_MIN)), () =>
        worker.kill('abandoned', 'went on computing what nobody waited for any more'),
      )
    },
  }
}

function handOut(
  pieces: readonly Piece[],
  outputs: readonly Tensor[],
  batch: { readonly rows: number; readonly computeMs: number },
): void {
  const [first] = pieces
  // A call that was computed alone and whole gets what there is: not every model answers row by row.
  if (pieces.length === 1 && first?.isWhole) {
    first.answer(outputs, batch)
    return
  }
  if (!haveRows(outputs, batch.rows)) {
    throw new Error(`The model answered ${batch.rows} rows with another number of rows: ${WHOLE}`)
  }
  let from = 0
  for (const piece of pieces) {
    piece.answer(sliceRows(outputs, from, piece.rows), batch)
    from += piece.rows
  }
}
