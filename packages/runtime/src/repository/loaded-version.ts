import { ProtocolError, type Signature, type Tensor } from '@astraapi/oip'
import type { Batcher, InferOptions } from '../batching/batcher.ts'
import type { Inferred } from '../batching/call.ts'
import { settlesWithin } from '../clock.ts'
import type { VersionMetrics } from '../metrics/runtime-metrics.ts'
import type { ModelFacts } from '../models/model.ts'
import type { WorkerPool } from '../workers/worker-pool.ts'

export type { InferOptions, Inferred }

/** A version that can be called. */
export interface LoadedVersion {
  readonly name: string
  readonly version: string
  /** `sha256:…` */
  readonly digest: string
  /** What its module states, which is part of the digest. */
  readonly identity: string | undefined
  /** As model metadata names it. */
  readonly platform: string
  readonly signature: Signature
  /**
   * @param inputs one tensor per input of the signature, in its order, already checked against it.
   * @param outputs the names wanted; the answer holds these, in this order.
   * @throws ProtocolError, or the signal's reason once it aborts.
   */
  infer(inputs: readonly Tensor[], outputs: readonly string[], options: InferOptions): Promise<Inferred>
  /** Calls that wait or are computed. */
  waiting(): number
  /** Why it cannot be called just now, if it cannot: its worker has ended, and the next one is not ready yet. */
  fault(): string | undefined
  /**
   * Refuses calls from now on; lets those that it has finish, and then the model close, for at most so long. Its
   * processes are gone when it resolves.
   */
  close(graceMs: number): Promise<void>
}

export interface VersionParts {
  readonly name: string
  readonly version: string
  readonly digest: string
  readonly facts: ModelFacts
  readonly batcher: Batcher
  readonly pool: WorkerPool
  readonly metrics: VersionMetrics
}

// A worker that is well ends within this, however long its calls took.
const CLOSE_MS_MIN = 1000

export function createLoadedVersion(parts: VersionParts): LoadedVersion {
  const { name, version, digest, facts, batcher, pool, metrics } = parts
  return {
    name,
    version,
    digest,
    identity: facts.identity,
    platform: facts.platform,
    signature: facts.signature,
    async infer(inputs, outputs, options) {
      try {
        return await batcher.infer(inputs, outputs, options)
      } catch (error) {
        if (error instanceof ProtocolError || options.signal.aborted) throw error
        const message = `Version ${version} of ${name} failed on this input; the log of the runtime says why`
        throw new ProtocolError('internal', message, { cause: error })
      }
    },
    waiting: () => batcher.waiting(),
    fault: () => pool.fault(),
    async close(graceMs) {
      const endsAt = performance.now() + graceMs
      const why = `Version ${version} of ${name} is being unloaded`
      await settlesWithin(batcher.drain(why), graceMs)
      batcher.close(why)
      await pool.stop(Math.max(endsAt - performance.now(), CLOSE_MS_MIN))
      metrics.remove()
    },
  }
}
