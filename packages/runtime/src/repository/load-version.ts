import type { Logger } from 'pino'
import { type Batcher, createBatcher } from '../batching/batcher.ts'
import { systemClock } from '../clock.ts'
import type { RuntimeMetrics, VersionMetrics } from '../metrics/runtime-metrics.ts'
import type { ModelFacts } from '../models/model.ts'
import type { Worker } from '../workers/worker.ts'
import { createPool, type WorkerPool } from '../workers/worker-pool.ts'
import type { Lane } from './lane.ts'
import { createLoadedVersion, type LoadedVersion } from './loaded-version.ts'
import type { FoundVersion } from './scan.ts'
import { readServingSettings, type ServingSettings } from './serving-settings.ts'
import { modelFile, type StartedVersion, startVersion } from './start-version.ts'

export interface LoadSettings {
  /** Threads that one ONNX inference may use, where serving.json does not say. */
  readonly threads: number
  /** Calls that may wait for one version, however fast it is. */
  readonly waitingMax: number
  /** Where workers are started, so that not all read their weights at once. */
  readonly starts: Lane
  readonly metrics: RuntimeMetrics
  readonly log: Logger
  /** Gives up. */
  readonly signal: AbortSignal
}

/** Starts a version's workers and the line before them. Throws an Error whose message is why it cannot be had. */
export async function loadVersion(found: FoundVersion, options: LoadSettings): Promise<LoadedVersion> {
  const { name, version, folder } = found
  const log = options.log.child({ model: name, version })
  modelFile(found)
  const settings = await readServingSettings(folder, options)
  const start = (signal: AbortSignal) => options.starts.run(() => startVersion(found, settings, log, signal))
  const [first, ...others] = await startAll(settings.instances, () => start(options.signal))
  const { digest, worker } = first

  const metrics: VersionMetrics = options.metrics.ofVersion(
    { model: name, version },
    { waiting: () => batcher.waiting(), rssBytes: () => pool.rssBytes() },
  )
  const batcher = lineFor(worker.facts, settings, options.waitingMax, metrics)
  const pool: WorkerPool = createPool({
    first: [worker, ...others.map((other) => other.worker)],
    start: async (signal) => sameAs(digest, await start(signal)),
    memoryBytesMax: settings.memoryBytesMax,
    clock: systemClock,
    onUp: (up) => batcher.offer(up),
    onDown({ reason, detail }, backMs) {
      metrics.restart(reason)
      log.error({ reason, backMs: Math.round(backMs) }, `the worker ${detail}; another is started`)
      if (pool.fault() !== undefined) {
        batcher.suspend(`Version ${version} of ${name} is not ready: its worker ${detail}; another is started`, backMs)
      }
    },
  })
  return createLoadedVersion({ name, version, digest, facts: worker.facts, batcher, pool, metrics })
}

function lineFor(facts: ModelFacts, settings: ServingSettings, callsMax: number, metrics: VersionMetrics): Batcher {
  const { batching, queueMsMax, computeMsMax } = settings
  return createBatcher({
    joins: batching !== false && facts.batches,
    rowsMax: batching === false ? 1 : batching.rowsMax,
    delayMs: batching === false ? 0 : batching.delayMs,
    queueMsMax,
    computeMsMax,
    callsMax,
    clock: systemClock,
    onBatch: ({ rows, computeMs }) => metrics.batch(rows, computeMs),
  })
}

type AtLeastOne<T> = readonly [T, ...T[]]

/** Either all of them, or none is left running. */
async function startAll(count: number, start: () => Promise<StartedVersion>): Promise<AtLeastOne<StartedVersion>> {
  const first = await start()
  const others = await Promise.allSettled(Array.from({ length: count - 1 }, start))
  const started = others.flatMap((other) => (other.status === 'fulfilled' ? [other.value] : []))
  const failed = others.find((other) => other.status === 'rejected')
  if (failed === undefined) return [first, ...started]
  await Promise.all([first, ...started].map(({ worker }) => worker.close(0)))
  throw failed.reason
}

/** What is answered under a digest must not change because a worker was started again. */
async function sameAs(digest: string, { worker, digest: found }: StartedVersion): Promise<Worker> {
  if (found === digest) return worker
  await worker.close(0)
  throw new Error('its files have changed since it was loaded: a version is immutable; unload and load the model')
}
