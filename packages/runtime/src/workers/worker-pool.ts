import { readRssBytes } from './memory.ts'
import { type SuperviseOptions, superviseWorker } from './supervise-worker.ts'
import type { Worker } from './worker.ts'

/** The workers of one version. */
export interface WorkerPool {
  /** Why there is none at the moment; completes "its worker …". */
  fault(): string | undefined
  /** What they occupy together, where the system tells. */
  rssBytes(): number | undefined
  /** Lets the models close, for at most so long. Resolves when the processes are gone. */
  stop(graceMs: number): Promise<void>
}

export interface PoolOptions extends Omit<SuperviseOptions, 'first'> {
  readonly first: readonly Worker[]
}

export function createPool({ first, ...options }: PoolOptions): WorkerPool {
  const supervisions = first.map((worker) => superviseWorker({ ...options, first: worker }))
  const workers = () => supervisions.flatMap((supervision) => supervision.worker() ?? [])
  return {
    fault: () => (workers().length > 0 ? undefined : supervisions[0]?.fault()),
    rssBytes() {
      const sizes = workers().flatMap(({ pid }) => readRssBytes(pid) ?? [])
      return sizes.length === 0 ? undefined : sizes.reduce((sum, size) => sum + size, 0)
    },
    async stop(graceMs) {
      await Promise.all(supervisions.map((supervision) => supervision.stop(graceMs)))
    },
  }
}
