import { Counter, Gauge, Registry } from 'prom-client'
import type { ErrorCode } from '../../kernel/errors.ts'
import type { CallRecord } from '../../kernel/record.ts'
import { createCallMetrics } from './call-metrics.ts'

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
  /** The same by labels, of which there must be a bounded number. */
  gauges<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: () => readonly { readonly labels: Readonly<Record<Label, string>>; readonly value: number }[],
  ): void
  /** Counts since the start that are kept elsewhere, read in the same way. */
  counters<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: () => readonly { readonly labels: Readonly<Record<Label, string>>; readonly value: number }[],
  ): void
  text(): Promise<string>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const calls = createCallMetrics()
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
    observe(record) {
      counts.recorded++
      calls.observe(record)
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
    gauges(name, help, labelNames, read) {
      new Gauge({
        name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset()
          for (const { labels, value } of read()) this.set(labels, value)
        },
      })
    },
    counters(name, help, labelNames, read) {
      new Counter({
        name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset()
          for (const { labels, value } of read()) this.inc(labels, value)
        },
      })
    },
    text: async () => calls.text() + (await registry.metrics()),
  }
}
