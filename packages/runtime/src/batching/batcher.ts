import { ProtocolError, type Tensor } from '@astraapi/oip'
import type { Clock } from '../clock.ts'
import { batchKey } from './batch-key.ts'
import { byteCount } from './byte-count.ts'
import { type Call, createCall, type Inferred } from './call.ts'
import { createLine } from './line.ts'
import { type Arrival, overloaded, refusal } from './queue-bound.ts'
import { boundRows } from './rows-bound.ts'
import { type BatchRun, type BatchWorker, runBatch } from './run-batch.ts'

/** The line before a version's workers: calls that waited together are computed together. */
export interface Batcher {
  /** Rejects with ProtocolError, with what the model threw, or with the signal's reason once it aborts. */
  infer(inputs: readonly Tensor[], outputs: readonly string[], options: InferOptions): Promise<Inferred>
  /** Calls that wait or are computed. */
  waiting(): number
  /** A worker that is ready for its first batch. One that ends is let go by itself. */
  offer(worker: BatchWorker): void
  /**
   * There is no worker: calls are refused until the next one is offered, and so are those that wait already if that is
   * further off than they may be made to wait.
   */
  suspend(why: string, backMs: number): void
  /** Refuses calls from now on; resolves when those that it has are settled. */
  drain(why: string): Promise<void>
  /** Fails what is left. */
  close(why: string): void
}

export interface InferOptions {
  readonly signal: AbortSignal
  /** On performance.now()'s clock: what is not answered by then is dropped. */
  readonly deadlineMs?: number
}

export interface BatcherOptions {
  /** Whether calls may be computed together, and cut. */
  readonly joins: boolean
  /** Rows in a batch. */
  readonly rowsMax: number
  /** How long a batch that is not full waits for more while a worker is free. */
  readonly delayMs: number
  readonly queueMsMax: number
  readonly computeMsMax: number
  /** Calls that may wait. */
  readonly callsMax: number
  /** What the inputs of all calls may take in memory; a call by itself may take more. */
  readonly bytesMax: number
  readonly clock: Clock
  /** A worker is done with a batch, which it answered or failed. */
  onBatch(batch: { readonly rows: number; readonly computeMs: number }): void
}

// Of the times per row the last one counts for a fifth.
const NEWEST = 0.2

export function createBatcher(options: BatcherOptions): Batcher {
  const { joins, rowsMax, callsMax, bytesMax, clock } = options
  const bound = { callsMax, bytesMax, rowsFree: 4 * rowsMax, waitMsMax: options.queueMsMax }
  const line = createLine(rowsMax)
  const running = new Set<BatchRun>()
  const open = new Set<Call>()
  let bytes = 0
  let idle: readonly BatchWorker[] = []
  let msPerRow: number | undefined
  let refusing: string | undefined = 'its worker is starting'
  let isFarOff = false
  let draining = false
  let drained = () => {}
  let cancelDelay = () => {}

  function settled(call: Call): void {
    if (open.delete(call)) bytes -= call.bytes
    line.drop(call)
    for (const run of running) run.noticeLeft()
    if (open.size === 0) drained()
  }

  function refuse(arrival: Arrival): void {
    if (refusing !== undefined) throw new ProtocolError('unavailable', refusing)
    const workers = Math.max(running.size + idle.length, 1)
    const queue = { calls: line.calls(), rows: line.rows(), bytes, msPerRow: (msPerRow ?? 0) / workers }
    const error = refusal(queue, bound, clock.now(), arrival)
    if (error !== undefined) throw error
  }

  /** Gives what waits to workers that are free. */
  function pump(): void {
    cancelDelay()
    idle = idle.filter((worker) => worker.alive())
    for (let [worker] = idle; worker !== undefined; [worker] = idle) {
      const since = line.since()
      if (since !== undefined && since + options.delayMs > clock.now() && !line.isFull()) {
        cancelDelay = clock.after(since + options.delayMs - clock.now(), pump)
        return
      }
      const pieces = line.take(clock.now())
      if (pieces.length === 0) return
      idle = idle.slice(1)
      launch(worker, pieces)
    }
  }

  function launch(worker: BatchWorker, pieces: ReturnType<typeof line.take>): void {
    const run = runBatch({ ...options, pieces, worker, msPerRow, onAnswer: learn })
    running.add(run)
    void run.done.then((alone) => {
      running.delete(run)
      if (isFarOff)
        fail(
          alone.map(({ call }) => call),
          refusing ?? '',
        )
      else line.addAgain(alone)
      idle = [...idle, worker]
      pump()
    })
  }

  function learn(batch: { readonly rows: number; readonly computeMs: number }): void {
    const newest = batch.computeMs / batch.rows
    msPerRow = msPerRow === undefined ? newest : msPerRow + NEWEST * (newest - msPerRow)
  }

  function fail(calls: Iterable<Call>, why: string): void {
    for (const call of [...calls]) call.fail(new ProtocolError('unavailable', why))
  }

  return {
    async infer(inputs, outputs, { signal, deadlineMs }) {
      signal.throwIfAborted()
      boundRows(inputs, joins)
      const arrival = { bytes: byteCount(inputs), deadlineMs }
      refuse(arrival)
      const key = joins ? batchKey(inputs, outputs) : undefined
      const queuedAt = clock.now()
      const call = createCall({ key, inputs, outputs, bytes: arrival.bytes, queuedAt, onSettled: settled })
      const abandon = () => call.fail(signal.reason)
      const expire = () => call.fail(overloaded('The answer was not there in time', 0))
      signal.addEventListener('abort', abandon)
      const cancelExpiry = deadlineMs === undefined ? undefined : clock.after(deadlineMs - clock.now(), expire)
      open.add(call)
      bytes += call.bytes
      line.add(call)
      pump()
      try {
        return await call.answered
      } finally {
        signal.removeEventListener('abort', abandon)
        cancelExpiry?.()
      }
    },
    waiting: () => open.size,
    offer(worker) {
      if (!draining) refusing = undefined
      isFarOff = false
      idle = [...idle, worker]
      pump()
    },
    suspend(why, backMs) {
      if (draining) return
      refusing = why
      isFarOff = backMs > options.queueMsMax
      if (isFarOff) fail(line.all(), why)
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
