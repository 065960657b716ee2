import type { Shadow } from '../journey/dispatch/shadow/shadow.ts'
import type { Metrics } from '../journey/record/metrics.ts'

/** What becomes of copies that are made stands in `astra_calls_total`, as theirs are calls like any other. */
export function meterShadow(metrics: Metrics, shadow: Shadow): void {
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
