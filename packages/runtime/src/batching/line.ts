import type { Call, Piece } from './call.ts'

/** The calls that wait, first come, first served. */
export interface Line {
  calls(): number
  /** Rows that are computed before a call that comes now has its turn. */
  rows(): number
  add(call: Call): void
  /** Puts pieces of a batch that failed to the front, each to be computed alone. */
  addAgain(pieces: readonly Piece[]): void
  drop(call: Call): void
  /** What is to be computed next, if there is anything. */
  take(now: number): readonly Piece[]
  /** Whether what is to be computed next can't grow any more. */
  isFull(): boolean
  /** When the first one came. */
  since(): number | undefined
  /** Everything that waits. */
  all(): readonly Call[]
}

/** @param rowsMax how many rows are computed together. */
export function createLine(rowsMax: number): Line {
  const waiting = new Set<Call>()
  const again = new Set<Piece>()
  let rows = 0

  /**
   * The first call, and what fits beside it. One that is larger than a batch goes on in further ones; others are not cut,
   * so that each is done when its turn has come.
   */
  function next(): readonly Call[] {
    const calls: Call[] = []
    let room = rowsMax
    for (const call of waiting) {
      const [first] = calls
      if (first !== undefined && (first.key !== call.key || call.rowsLeft() > room)) continue
      calls.push(call)
      room -= call.rowsLeft()
      if (room <= 0 || call.key === undefined) break
    }
    return calls
  }

  function takeFrom(call: Call, now: number): Piece {
    leave(call)
    const piece = call.take(rowsMax, now)
    // To the end of the line, so that a large call is in nobody's way for longer than a batch.
    if (call.rowsLeft() > 0) join(call)
    return piece
  }

  function join(call: Call): void {
    waiting.add(call)
    rows += turn(call)
  }

  function leave(call: Call): void {
    if (waiting.delete(call)) rows -= turn(call)
  }

  /** Rows of a call that are computed at its next turn. */
  function turn(call: Call): number {
    return Math.min(call.rowsLeft(), rowsMax)
  }

  return {
    calls: () => waiting.size + again.size,
    rows: () => rows,
    add: join,
    addAgain(pieces) {
      for (const piece of pieces) again.add(piece)
      rows += pieces.reduce((sum, piece) => sum + piece.rows, 0)
    },
    drop(call) {
      leave(call)
      for (const piece of again) {
        if (piece.call === call && again.delete(piece)) rows -= piece.rows
      }
    },
    take(now) {
      const [piece] = again
      if (piece === undefined) return next().map((call) => takeFrom(call, now))
      again.delete(piece)
      rows -= piece.rows
      return [piece]
    },
    isFull() {
      const calls = next()
      const count = calls.reduce((sum, call) => sum + call.rowsLeft(), 0)
      return again.size > 0 || count >= rowsMax || calls[0]?.key === undefined
    },
    since: () => waiting.values().next().value?.queuedAt,
    all: () => [...[...again].map(({ call }) => call), ...waiting],
  }
}
