import type { Clock } from '../clock.ts'
import { outgrew, readRssBytes } from './memory.ts'
import type { EndReason, Worker, WorkerEnd } from './worker.ts'

/**
 * Keeps one worker at work: one that ends is followed by another, after a pause that grows while they crash early or do not
 * start. One that was ended for what a caller asked of it is followed at once.
 */
export interface Supervision {
  /** Why there is no worker at the moment; completes "its worker …". */
  fault(): string | undefined
  worker(): Worker | undefined
  /** From now on none is started again. Lets the model close, for at most so long; resolves when the process is gone. */
  stop(graceMs: number): Promise<void>
}

export interface SuperviseOptions {
  readonly first: Worker
  start(signal: AbortSignal): Promise<Worker>
  readonly memoryBytesMax: number | undefined
  readonly clock: Clock
  onUp(worker: Worker): void
  /** @param backMs when the next one is expected to be ready. */
  onDown(end: WorkerEnd, backMs: number): void
}

const PAUSE_MIN_MS = 100
const PAUSE_MAX_MS = 30_000
/** After a worker that lived this long, the pause is short again. */
const HEALTHY_MS = 30_000
const MEMORY_CHECK_MS = 1000

export function superviseWorker(options: SuperviseOptions): Supervision {
  const { first, start, clock, onUp, onDown } = options
  let worker: Worker | undefined
  let starting: Promise<void> | undefined
  let fault: string | undefined
  let pauseMs = PAUSE_MIN_MS
  let { startMs } = first
  let upAt = clock.now()
  const stopping = new AbortController()
  let cancelPause = () => {}
  let cancelCheck = () => {}
  up(first)

  function up(born: Worker): void {
    worker = born
    startMs = born.startMs
    upAt = clock.now()
    fault = undefined
    void born.ended.then(down)
    if (options.memoryBytesMax !== undefined) checkMemory(born)
    onUp(born)
  }

  function checkMemory(born: Worker): void {
    const rssBytes = readRssBytes(born.pid)
    const detail = outgrew(rssBytes, options.memoryBytesMax)
    // At twice what it may have, what it computes is what takes the memory.
    const isUrgent = outgrew(rssBytes, 2 * (options.memoryBytesMax ?? 0)) !== undefined
    if (detail !== undefined) born[isUrgent ? 'kill' : 'retire']('memory', detail)
    cancelCheck = clock.after(MEMORY_CHECK_MS, () => checkMemory(born))
  }

  function down(end: WorkerEnd): void {
    worker = undefined
    cancelCheck()
    if (stopping.signal.aborted) return
    if (clock.now() - upAt >= HEALTHY_MS) pauseMs = PAUSE_MIN_MS
    pause(end)
  }

  function pause(end: WorkerEnd): void {
    fault = end.detail
    const isCrash = end.reason === 'crash'
    const waitMs = isCrash ? pauseMs : 0
    cancelPause = clock.after(waitMs, () => {
      starting = start(stopping.signal).then(
        (born) => (stopping.signal.aborted ? born.close(0) : up(born)),
        (error: unknown) => failed(error),
      )
    })
    if (isCrash) pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)
    onDown(end, waitMs + startMs)
  }

  function failed(error: unknown): void {
    const reason: EndReason = 'crash'
    const detail = `could not be started again: ${error instanceof Error ? error.message : error}`
    if (!stopping.signal.aborted) pause({ reason, detail })
  }

  return {
    fault: () => fault,
    worker: () => worker,
    async stop(graceMs) {
      stopping.abort()
      cancelPause()
      cancelCheck()
      await worker?.close(graceMs)
      await starting
    },
  }
}
