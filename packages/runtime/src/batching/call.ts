import type { Tensor } from '@astraapi/oip'
import { joinRows, sliceRows } from './rows.ts'

/** What a caller gets. */
export interface Inferred {
  readonly outputs: readonly Tensor[]
  /** From the call's arrival until a worker was asked, and from then on while workers were at it; without pauses between. */
  readonly queueMs: number
  readonly computeMs: number
  /** Rows that were computed together with these, these included: the most, where it took several batches. */
  readonly batchRows: number
}

/** Rows of a call, on their way through one batch. */
export interface Piece {
  readonly call: Call
  readonly inputs: readonly Tensor[]
  readonly rows: number
  /** Whether it is all of its call. */
  readonly isWhole: boolean
  answer(outputs: readonly Tensor[], batch: { readonly computeMs: number; readonly rows: number }): void
}

/** One inference that somebody waits for: its rows are taken in pieces, and the answers put together in order. */
export interface Call {
  /** Calls with the same key can be computed together; undefined: this one with none, and in one piece. */
  readonly key: string | undefined
  readonly outputs: readonly string[]
  /** What its inputs take in memory. */
  readonly bytes: number
  readonly queuedAt: number
  readonly answered: Promise<Inferred>
  settled(): boolean
  /** Rows that were not taken yet; a call that cannot be cut counts as one. */
  rowsLeft(): number
  take(rowsMax: number, now: number): Piece
  fail(error: unknown): void
}

export interface CallOptions {
  readonly key: string | undefined
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly string[]
  readonly bytes: number
  readonly queuedAt: number
  /** Once, when it is answered or has failed. */
  onSettled(call: Call): void
}

export function createCall({ key, inputs, outputs, bytes, queuedAt, onSettled }: CallOptions): Call {
  const { promise, resolve, reject } = Promise.withResolvers<Inferred>()
  const rows = key === undefined ? 1 : (inputs[0]?.shape[0] ?? 1)
  const parts = new Map<number, readonly Tensor[]>()
  let rowsTaken = 0
  let rowsAnswered = 0
  let settled = false
  let startedAt = queuedAt
  let computeMs = 0
  let batchRows = 0

  const settle = (how: () => void) => {
    if (settled) return
    settled = true
    how()
    onSettled(call)
  }
  const inOrder = () => [...parts].sort(([a], [b]) => a - b).map(([, part]) => part)
  const finish = () => {
    try {
      const joined = joinRows(inOrder())
      settle(() => resolve({ outputs: joined, queueMs: startedAt - queuedAt, computeMs, batchRows }))
    } catch (error) {
      call.fail(error) // Answers that do not fit together, or nowhere.
    }
  }

  const call: Call = {
    key,
    outputs,
    bytes,
    queuedAt,
    answered: promise,
    settled: () => settled,
    rowsLeft: () => rows - rowsTaken,
    take(rowsMax, now) {
      const from = rowsTaken
      const count = Math.min(rows - from, rowsMax)
      if (from === 0) startedAt = now
      rowsTaken += count
      return {
        call,
        inputs: count === rows ? inputs : sliceRows(inputs, from, count),
        rows: count,
        isWhole: count === rows,
        answer(answer, batch) {
          parts.set(from, answer)
          rowsAnswered += count
          computeMs += batch.computeMs
          batchRows = Math.max(batchRows, batch.rows)
          if (rowsAnswered === rows) finish()
        },
      }
    },
    fail: (error) => settle(() => reject(error)),
  }
  return call
}
