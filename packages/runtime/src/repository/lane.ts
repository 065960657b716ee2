import { ProtocolError } from '@astraapi/oip'

/** Lets a bounded number of jobs run at once; the others wait their turn, first come, first served. */
export interface Lane {
  /**
   * Runs the job when its turn has come. Throws `unavailable` at once if too many wait already, and the signal's reason if
   * it aborts before the job has begun: the job then leaves the line at once and never runs.
   */
  run<T>(job: () => Promise<T>, signal?: AbortSignal): Promise<Timed<T>>
}

export interface Timed<T> {
  readonly value: T
  readonly queueMs: number
  readonly computeMs: number
}

export interface LaneOptions {
  readonly width: number
  readonly waitingMax: number
  /** Milliseconds. */
  readonly now?: () => number
}

export function createLane({ width, waitingMax, now = () => performance.now() }: LaneOptions): Lane {
  const waiting = new Set<() => void>()
  let running = 0

  async function turn(signal: AbortSignal | undefined): Promise<void> {
    if (running < width) {
      running++
      return
    }
    if (waiting.size >= waitingMax) {
      throw new ProtocolError('unavailable', `${waitingMax} calls are waiting already; try again later`)
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const drop = () => {
      if (waiting.delete(resolve)) reject(signal?.reason)
    }
    waiting.add(resolve)
    signal?.addEventListener('abort', drop)
    await promise.finally(() => signal?.removeEventListener('abort', drop))
  }

  /** Hands the place on to the next in line, or gives it back. */
  function leave(): void {
    const [next] = waiting
    if (next === undefined) running--
    else {
      waiting.delete(next)
      // Between two jobs that never await, the event loop gets to see other requests, and callers that went away.
      setImmediate(next)
    }
  }

  return {
    async run(job, signal) {
      const queuedAt = now()
      await turn(signal)
      const startedAt = now()
      try {
        signal?.throwIfAborted()
        const value = await job()
        return { value, queueMs: startedAt - queuedAt, computeMs: now() - startedAt }
      } finally {
        leave()
      }
    },
  }
}
