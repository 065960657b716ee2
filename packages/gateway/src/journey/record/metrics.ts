import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ErrorCode } from '../../kernel/errors.ts'
import type { CallRecord } from '../../kernel/record.ts'

/**
 * Prometheus metrics. Every label is bounded: models and versions are those that a call was assigned to (so they stand in
 * the catalog), the rest are closed sets.
 */
export interface Metrics {
  received(): void
  /** A call that was refused before its caller was known: it has no Record. */
  refusedUnidentified(code: ErrorCode): void
  observe(record: CallRecord): void
  counts(): { readonly received: number; readonly recorded: number; readonly refused: number }
  /** Values read when metrics are scraped. */
  gauge(name: string, help: string, read: () => number): void
  text(): Promise<string>
}

/** Seconds; the wide end is for language models. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const labelNames = ['model', 'major', 'version', 'door', 'outcome', 'code'] as const
  const calls = new Counter({ name: 'astra_calls_total', help: 'Calls recorded', labelNames, registers })
  const duration = new Histogram({
    name: 'astra_call_duration_seconds',
    help: 'From receiving a call to its answer, queueing included',
    labelNames: ['model', 'version', 'door'] as const,
    buckets,
    registers,
  })
  const receivedTotal = new Counter({ name: 'astra_calls_received_total', help: 'Calls received', registers })
  const refusedTotal = new Counter({
    name: 'astra_calls_refused_total',
    help: 'Calls refused before their caller was known; received = recorded + refused + in flight',
    labelNames: ['code'] as const,
    registers,
  })
  const counts = { received: 0, recorded: 0, refused: 0 }
  return {
    received() {
      counts.received++
      receivedTotal.inc()
    },
    refusedUnidentified(code) {
      counts.refused++
      refusedTotal.inc({ code })
    },
    observe({ model, major, versionAssigned, door, outcome, code, latencyMs }) {
      counts.recorded++
      const version = versionAssigned ?? ''
      const name = versionAssigned === undefined ? '' : model
      const label = { model: name, major: name && `v${major}`, version, door, outcome, code: code ?? '' }
      calls.inc(label)
      if (name) duration.observe({ model: name, version, door }, latencyMs / 1000)
    },
    counts: () => ({ ...counts }),
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read())
        },
      })
    },
    text: () => registry.metrics(),
  }
}
