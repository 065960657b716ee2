import { ProtocolError } from '../protocol/protocol-error.ts'

/** Lets a bounded number of jobs run at once; the others wait their turn, first come, first served. */
export interface Lane {
  /** Runs the job when its turn has come. Throws `unavailable` at once if too many wait already. */
  run<T>(job: () => Promise<T>): Promise<Timed<T>>
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
  const waiting: (() => void)[] = []
  let running = 0

  async function turn(): Promise<void> {
    if (running < width) {
      running++
      return
    }
    if (waiting.length >= waitingMax) {
      throw new ProtocolError('unavailable', `${waitingMax} calls are waiting already; try again later`)
    }
    await new Promise<void>((resolve) => waiting.push(resolve))
  }

  /** Hands the place on to the next in line, or gives it back. */
  function leave(): void {
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }

  return {
    async run(job) {
      const queuedAt = now()
      await turn()
      const startedAt = now()
      try {
        const value = await job()
        return { value, queueMs: startedAt - queuedAt, computeMs: now() - startedAt }
      } finally {
        leave()
      }
    },
  }
}
