import type { ExperimentMetric } from '../../kernel/experiment.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { metricNamed } from '../manifest/metric-names.ts'
import type { DraftContract } from './plan-contract.ts'

/** Without guardrails declared: errors, latency, and cost where it is known of every arm; what is a success metric already aside. */
export function usualGuardrails(
  arms: readonly string[],
  metrics: readonly string[],
  { versions }: DraftContract,
  { prices }: Manifest,
): readonly ExperimentMetric[] {
  const priced = arms.every((arm) => {
    const version = versions.find(({ id }) => id === arm)
    const upstream = version?.backend.upstreamModel?.(version.settings)
    return upstream !== undefined && Object.hasOwn(prices, upstream)
  })
  const names = ['errors', 'latency-p95', ...(priced ? ['cost'] : [])]
  const others = names.filter((name) => !metrics.includes(name))
  return others.flatMap((name) => metricNamed(name, 'guardrail', {}) ?? [])
}
