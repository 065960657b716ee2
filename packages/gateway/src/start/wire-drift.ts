import type { Logger } from 'pino'
import { DriftLooks } from '../control/drift/drift-looks.ts'
import { DriftWatch } from '../control/drift/drift-watch.ts'
import { Drift } from '../journey/observe/drift/drift.ts'
import type { Metrics } from '../journey/record/metrics.ts'
import type { Catalog } from '../kernel/catalog.ts'
import type { Clock } from '../kernel/clock.ts'
import type { DriftReports } from '../kernel/drift.ts'
import type { Observer } from '../kernel/observation.ts'
import type { Store } from '../kernel/store.ts'
import { writeEvery } from './write-every.ts'

export interface WiredDrift {
  readonly observer: Observer
  readonly reports: Pick<DriftReports, 'drops'> & { readonly looks: DriftLooks }
  /** Writes what was counted last. */
  close(): Promise<void>
}

/** One contract at most is looked at in each. */
const lookEveryMs = 1000

export function wireDrift(ports: {
  readonly store: Pick<Store, 'drift'>
  readonly catalog: () => Catalog
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Pick<Logger, 'warn'>
  readonly faulted: (thrown: unknown) => void
}): WiredDrift {
  const { store, catalog, clock, metrics, log } = ports
  const drift = new Drift(store.drift, ports.faulted)
  const looks = new DriftLooks(drift.reports, clock)
  const watch = new DriftWatch({
    ...{ catalog, clock, store: store.drift, looks },
    touched: () => drift.touched(),
    tell: (message, facts) => log.warn(facts, message),
  })
  meter(metrics, drift, watch)
  const writing = writeEvery(() => drift.flush(), log, 'what was counted for drift is not written yet')
  let looking: Promise<void> | undefined
  const look = () => {
    looking ??= watch.step().finally(() => {
      looking = undefined
    })
  }
  const timer = setInterval(look, lookEveryMs).unref()
  return {
    observer: drift,
    reports: { drops: drift.reports.drops, looks },
    async close() {
      clearInterval(timer)
      await looking
      await writing.close()
    },
  }
}

function meter(metrics: Metrics, drift: Drift, watch: DriftWatch): void {
  metrics.gauges(
    'astra_drift_features',
    'Features that drifted from their reference in some version',
    ['model', 'major'],
    () =>
      watch.counts().map(({ model, major, features }) => ({ labels: { model, major: `v${major}` }, value: features })),
  )
  metrics.counters(
    'astra_drift_dropped_total',
    'Calls of which something was not counted for drift',
    ['model', 'major', 'reason'],
    () =>
      drift.reports.drops().map(({ model, major, reason, calls }) => ({
        labels: { model, major: `v${major}`, reason },
        value: calls,
      })),
  )
}
