import type { ControllerFacts } from '../control/experiments/controller.ts'
import type { Metrics } from '../journey/record/metrics.ts'
import type { Catalog } from '../kernel/catalog.ts'

/** Labels are names in the catalog, and closed sets. */
export function meterExperiments(metrics: Metrics, catalog: () => Catalog, facts: () => ControllerFacts): void {
  metrics.gauges('astra_experiment_status', '1 for the status that an experiment has', ['experiment', 'status'], () =>
    Object.entries(catalog().state.experiments ?? {}).map(([experiment, { progress }]) => ({
      labels: { experiment, status: progress.status },
      value: 1,
    })),
  )
  metrics.gauges('astra_experiment_units', 'Units that were assigned to an arm', ['experiment', 'version'], () =>
    [...facts().units].flatMap(([experiment, counts]) =>
      Object.entries(counts).map(([version, value]) => ({ labels: { experiment, version }, value })),
    ),
  )
  metrics.counters(
    'astra_experiment_decisions_total',
    'What was decided by itself and done',
    ['experiment', 'action'],
    () =>
      [...facts().decisions].flatMap(([experiment, counts]) =>
        [...counts].map(([action, value]) => ({ labels: { experiment, action }, value })),
      ),
  )
  metrics.gauges('astra_experiment_evaluation_seconds', 'How long the last evaluation took', ['experiment'], () =>
    [...facts().evaluations].map(([experiment, { tookMs }]) => ({ labels: { experiment }, value: tookMs / 1000 })),
  )
  metrics.gauges('astra_experiment_fault', '1 while an experiment cannot be evaluated', ['experiment'], () =>
    [...facts().evaluations].map(([experiment, { fault }]) => ({
      labels: { experiment },
      value: fault === undefined ? 0 : 1,
    })),
  )
  metrics.counters('astra_experiment_turns_skipped_total', 'Turns left out as one went on', [], () => [
    { labels: {}, value: facts().skipped },
  ])
}
