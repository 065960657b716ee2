import { availableParallelism } from 'node:os'
import type { Logger } from 'pino'
import { type Batcher, type BatcherOptions, createBatcher } from '../batching/batcher.ts'
import { systemClock } from '../clock.ts'
import { createGenerationLine } from '../generation/generation-line.ts'
import type { RuntimeMetrics, VersionMetrics } from '../metrics/runtime-metrics.ts'
import type { ModelFacts } from '../models/model.ts'
import { isTextModelFile } from '../models/model-files.ts'
import type { Worker } from '../workers/worker.ts'
import { createPool, type WorkerPool } from '../workers/worker-pool.ts'
import type { Lane } from './lane.ts'
import { createLoadedVersion, type LoadedVersion, type VersionLine } from './loaded-version.ts'
import type { FoundVersion } from './scan.ts'
import { readServingSettings, type ServingDefaults, type ServingSettings } from './serving-settings.ts'
import { modelFile, type StartedVersion, startVersion } from './start-version.ts'

export interface LoadSettings {
  /** Threads that one ONNX inference may use, where serving.json does not say. */
  readonly threads: number
  /** Calls that may wait for one version, however fast it is. */
  readonly waitingMax: number
  /** Where workers are started, so that not all read their weights at once. */
  readonly starts: Lane
  /** Where a worker is started again: versions that do not load must not keep others from coming back. */
  readonly restarts: Lane
  readonly metrics: RuntimeMetrics
  readonly log: Logger
  /** Gives up. */
  readonly signal: AbortSignal
}

/** Starts a version's workers and the line before them. Throws an Error whose message is why it cannot be had. */
export async function loadVersion(found: FoundVersion, options: LoadSettings): Promise<LoadedVersion> {
  const { name, version, folder } = found
  const log = options.log.child({ model: name, version })
  const settings = await readServingSettings(folder, defaultsFor(modelFile(found), options))
  const start = (lane: Lane, signal: AbortSignal) => lane.run(() => startVersion(found, settings, log, signal))
  const { digest, workers } = await startAll(settings.instances, () => start(options.starts, options.signal))
  const { facts } = workers[0]

  const metrics: VersionMetrics = options.metrics.ofVersion(
    { model: name, version },
    { waiting: () => line.waiting(), rssBytes: () => pool.rssBytes() },
  )
  const line = lineFor(facts, settings, options.waitingMax, metrics)
  const pool: WorkerPool = createPool({
    first: workers,
    start: async (signal) => sameAs(digest, await start(options.restarts, signal)),
    memoryBytesMax: settings.memoryBytesMax,
    clock: systemClock,
    onUp: (up) => line.offer(up),
    onDown({ reason, detail }, backMs) {
      metrics.restart(reason)
      log.error({ reason, backMs: Math.round(backMs) }, `the worker ${detail}; another is started`)
      if (pool.fault() !== undefined) {
        line.suspend(`Version ${version} of ${name} is not ready: its worker ${detail}; another is started`, backMs)
      }
    },
  })
  return createLoadedVersion({ name, version, digest, facts, line, pool, metrics })
}

// Four of the largest bodies that are taken by default.
const WAITING_BYTES_MAX = 256 * 2 ** 20

function lineFor(facts: ModelFacts, settings: ServingSettings, callsMax: number, metrics: VersionMetrics): VersionLine {
  const { queueMsMax, computeMsMax } = settings
  const bounds = { queueMsMax, computeMsMax, callsMax, bytesMax: WAITING_BYTES_MAX, clock: systemClock }
  if (facts.generations === undefined) return batcherFor(facts, settings, bounds, metrics)
  return createGenerationLine({ ...bounds, onGeneration: (computeMs) => metrics.batch(1, computeMs) })
}

type LineBounds = Pick<BatcherOptions, 'queueMsMax' | 'computeMsMax' | 'callsMax' | 'bytesMax' | 'clock'>

function batcherFor(
  facts: ModelFacts,
  { batching }: ServingSettings,
  bounds: LineBounds,
  metrics: VersionMetrics,
): Batcher {
  return createBatcher({
    ...bounds,
    joins: batching !== false && facts.batches,
    rowsMax: batching === false ? 1 : batching.rowsMax,
    delayMs: batching === false ? 0 : batching.delayMs,
    onBatch: ({ rows, computeMs }) => metrics.batch(rows, computeMs),
  })
}

const GENERATION_THREADS_MAX = 4

/**
 * A text model reads gigabytes, and thinks before it writes. Of the cores it leaves one to the others: with a thread on every
 * core each token waits for whichever is taken away (40 tokens took 30 s rather than 40 ms on two busy cores).
 */
function defaultsFor(file: string, { threads }: LoadSettings): ServingDefaults {
  if (!isTextModelFile(file)) return { threads }
  const cores = Math.max(availableParallelism() - 1, 1)
  return { threads: Math.min(cores, GENERATION_THREADS_MAX), computeMsMax: 120_000, loadMsMax: 600_000 }
}

interface StartedWorkers {
  readonly digest: string
  readonly workers: readonly [Worker, ...Worker[]]
}

/** Either all of them, of the same files, or none is left running. */
async function startAll(count: number, start: () => Promise<StartedVersion>): Promise<StartedWorkers> {
  const { digest, worker } = await start()
  const startAnother = async () => sameAs(digest, await start())
  const others = await Promise.allSettled(Array.from({ length: count - 1 }, startAnother))
  const started = others.flatMap((other) => (other.status === 'fulfilled' ? [other.value] : []))
  const failed = others.find((other) => other.status === 'rejected')
  if (failed === undefined) return { digest, workers: [worker, ...started] }
  await Promise.all([worker, ...started].map((each) => each.close(0)))
  throw failed.reason
}

/** What is answered under a digest must not depend on which worker answers, or on when it was started. */
async function sameAs(digest: string, { worker, digest: found }: StartedVersion): Promise<Worker> {
  if (found === digest) return worker
  await worker.close(0)
  throw new Error('its files have changed since it was loaded: a version is immutable; unload and load the model')
}
