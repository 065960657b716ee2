import type { Logger } from 'pino'
import { Shadow, type ShadowPorts } from '../journey/observe/shadow/shadow.ts'
import type { Metrics } from '../journey/record/metrics.ts'
import type { Clock } from '../kernel/clock.ts'
import type { ShadowReports } from '../kernel/shadow.ts'
import type { Store } from '../kernel/store.ts'
import { writeEvery } from './write-every.ts'

export interface WiredShadow {
  readonly shadow: Shadow
  readonly reports: ShadowReports
  /** Writes what was seen last. */
  close(): Promise<void>
}

export function wireShadow(ports: {
  readonly store: Pick<Store, 'shadow'>
  readonly clock: Clock
  readonly own: ShadowPorts['own']
  readonly metrics: Metrics
  readonly log: Pick<Logger, 'warn'>
}): WiredShadow {
  const shadow = new Shadow({ ...ports, store: ports.store.shadow })
  meter(ports.metrics, shadow)
  const { close } = writeEvery(() => shadow.flush(), ports.log, 'what shadows came to is not written yet')
  return { shadow, reports: shadow.reports, close }
}

/** What becomes of copies that are made stands in `astra_calls_total`, as theirs are calls like any other. */
function meter(metrics: Metrics, shadow: Shadow): void {
  metrics.gauge('astra_shadow_in_flight', 'Copies of calls that a shadow version is asked for', () => shadow.inFlight)
  metrics.counters(
    'astra_shadow_dropped_total',
    'Calls of the share that were not copied to their shadow version',
    ['model', 'major', 'reason'],
    () =>
      shadow.drops().map(({ model, major, reason, calls }) => ({
        labels: { model, major: `v${major}`, reason },
        value: calls,
      })),
  )
}
