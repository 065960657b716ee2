import type { EvaluationFacts } from '../control/evaluations/evaluations.ts'
import type { Metrics } from '../journey/record/metrics.ts'

/** Labels are closed sets. */
export function meterEvaluations(metrics: Pick<Metrics, 'gauges' | 'counters'>, facts: () => EvaluationFacts): void {
  metrics.gauges('astra_evaluations', 'Evaluations and replays that have not ended', ['state'], () => {
    const { running, waiting } = facts()
    return Object.entries({ running, waiting }).map(([state, value]) => ({ labels: { state }, value }))
  })
  metrics.counters('astra_evaluations_total', 'Evaluations and replays that have ended', ['status'], () =>
    [...facts().ended].map(([status, value]) => ({ labels: { status }, value })),
  )
}
