import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { EndReason } from '../workers/worker.ts'

/** What is counted and measured, in Prometheus's terms. The labels are what stands in the repository, so they are bounded. */
export interface RuntimeMetrics {
  /** Everything, in the text format. */
  text(): Promise<string>
  /** Counts a call. */
  call(labels: VersionLabels, outcome: Outcome, queueMs?: number): void
  /** Drops what was counted for a version that is not in the repository any more. */
  forget(labels: VersionLabels): void
  /** @param gauges read whenever the metrics are asked for. */
  ofVersion(labels: VersionLabels, gauges: VersionGauges): VersionMetrics
}

export interface VersionLabels {
  readonly model: string
  readonly version: string
}

export interface VersionGauges {
  /** Calls that wait or are computed. */
  waiting(): number
  /** Of all its workers; undefined where the system does not tell. */
  rssBytes(): number | undefined
}

export interface VersionMetrics {
  batch(rows: number, computeMs: number): void
  restart(reason: EndReason): void
  /** The version is unloaded: its gauges end, and its counters stay as they are. */
  remove(): void
}

/**
 * How a call ended: answered; the request was refused, by the server or the model; the model failed; too much waits, or
 * its deadline passed; the version was not ready; its caller left.
 */
export type Outcome = (typeof OUTCOMES)[number]

const OUTCOMES = ['ok', 'invalid', 'failed', 'overloaded', 'unavailable', 'abandoned'] as const
const END_REASONS: readonly EndReason[] = ['crash', 'compute-time', 'abandoned', 'memory', 'closed']

const SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const ROWS = [1, 2, 3, 4, 6, 8, 16, 32, 64, 128, 256, 512, 1024]

export function createMetrics(): RuntimeMetrics {
  const registry = new Registry()
  const registers = [registry]
  const of = ['model', 'version'] as const
  const named = (name: string, help: string) => ({ name: `astra_runtime_${name}`, help, registers })
  const rows = new Histogram({ ...named('batch_rows', 'Rows computed together'), labelNames: of, buckets: ROWS })
  const queue = new Histogram({
    ...named('queue_seconds', 'From a call’s arrival until a worker was asked'),
    labelNames: of,
    buckets: SECONDS,
  })
  const compute = new Histogram({
    ...named('compute_seconds', 'What a worker took for a batch'),
    labelNames: of,
    buckets: SECONDS,
  })
  const calls = new Counter({ ...named('calls_total', 'Calls by outcome'), labelNames: [...of, 'outcome'] })
  const restarts = new Counter({
    ...named('worker_restarts_total', 'Workers that ended and were replaced, by reason'),
    labelNames: [...of, 'reason'],
  })
  const live = new Map<VersionLabels, VersionGauges>()
  new Gauge({
    ...named('waiting', 'Calls that wait or are computed'),
    labelNames: of,
    collect() {
      this.reset()
      for (const [labels, { waiting }] of live) this.set({ ...labels }, waiting())
    },
  })
  new Gauge({
    ...named('worker_rss_bytes', 'What the workers of a version occupy in memory'),
    labelNames: of,
    collect() {
      this.reset()
      for (const [labels, { rssBytes }] of live) {
        const bytes = rssBytes()
        if (bytes !== undefined) this.set({ ...labels }, bytes)
      }
    },
  })

  return {
    text: () => registry.metrics(),
    call({ model, version }, outcome, queueMs) {
      calls.inc({ model, version, outcome })
      if (queueMs !== undefined) queue.observe({ model, version }, queueMs / 1000)
    },
    forget({ model, version }) {
      for (const histogram of [rows, queue, compute]) histogram.remove({ model, version })
      for (const outcome of OUTCOMES) calls.remove({ model, version, outcome })
      for (const reason of END_REASONS) restarts.remove({ model, version, reason })
    },
    ofVersion(labels, gauges) {
      live.set(labels, gauges)
      const { model, version } = labels
      return {
        batch(count, computeMs) {
          rows.observe({ model, version }, count)
          compute.observe({ model, version }, computeMs / 1000)
        },
        restart: (reason) => restarts.inc({ model, version, reason }),
        remove: () => void live.delete(labels),
      }
    },
  }
}
