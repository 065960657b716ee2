import { invalid, ProtocolError, type Signature, type Tensor } from '@astraapi/oip'
import type { Batcher, InferOptions } from '../batching/batcher.ts'
import type { Inferred } from '../batching/call.ts'
import { settlesWithin } from '../clock.ts'
import type { GenerateOptions, GenerationLine, Told } from '../generation/generation-line.ts'
import { inferByGeneration } from '../generation/infer-by-generation.ts'
import type { VersionMetrics } from '../metrics/runtime-metrics.ts'
import type { ModelFacts } from '../models/model.ts'
import type { GenerationRequest } from '../models/text-model.ts'
import type { WorkerPool } from '../workers/worker-pool.ts'

export type { GenerateOptions, GenerationRequest, InferOptions, Inferred, Told }

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
  /** Whether it generates text. */
  readonly generates: boolean
  /**
   * @param inputs one tensor per input of the signature, in its order, already checked against it.
   * @param outputs the names wanted; the answer holds these, in this order.
   * @throws ProtocolError, or the signal's reason once it aborts.
   */
  infer(inputs: readonly Tensor[], outputs: readonly string[], options: InferOptions): Promise<Inferred>
  /** @throws as `infer`; `invalid` where the model generates no text. */
  generate(request: GenerationRequest, options: GenerateOptions): Promise<Told>
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

/** What stands before a version's workers. */
export type VersionLine = Batcher | GenerationLine

export interface VersionParts {
  readonly name: string
  readonly version: string
  readonly digest: string
  readonly facts: ModelFacts
  readonly line: VersionLine
  readonly pool: WorkerPool
  readonly metrics: VersionMetrics
}

// A worker that is well ends within this, however long its calls took.
const CLOSE_MS_MIN = 1000

export function createLoadedVersion(parts: VersionParts): LoadedVersion {
  const { name, version, digest, facts, line, pool, metrics } = parts

  /** What a model throws is for the log. */
  async function told<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof ProtocolError || signal.aborted) throw error
      const message = `Version ${version} of ${name} failed on this input; the log of the runtime says why`
      throw new ProtocolError('internal', message, { cause: error })
    }
  }

  return {
    name,
    version,
    digest,
    identity: facts.identity,
    platform: facts.platform,
    signature: facts.signature,
    generates: 'generate' in line,
    infer: (inputs, outputs, options) =>
      told(options.signal, () =>
        'generate' in line ? inferByGeneration(line, inputs, outputs, options) : line.infer(inputs, outputs, options),
      ),
    async generate(request, options) {
      if (!('generate' in line)) throw invalid(`${name} generates no text: POST …/infer with its tensors instead`)
      return told(options.signal, () => line.generate(request, options))
    },
    waiting: () => line.waiting(),
    fault: () => pool.fault(),
    async close(graceMs) {
      const endsAt = performance.now() + graceMs
      const why = `Version ${version} of ${name} is being unloaded`
      await settlesWithin(line.drain(why), graceMs)
      line.close(why)
      await pool.stop(Math.max(endsAt - performance.now(), CLOSE_MS_MIN))
      metrics.remove()
    },
  }
}
