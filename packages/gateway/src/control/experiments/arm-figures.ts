import { type Accumulator, type CountedValues, cellsOf, quantileOf } from '@astraapi/statistics'
import type { EpochEvidence, ExperimentMetric } from '../../kernel/experiment.ts'

/** What an arm's calls came to, for people: over all epochs, of every unit so far; latencies of each unit's first call. Nothing is decided by it. */
export interface ArmFigures {
  readonly version: string
  readonly units: number
  readonly calls: number
  readonly failed: number
  readonly costUsd?: number
  readonly latencyP50Ms?: number
  readonly latencyP95Ms?: number
}

const ofCalls = (name: string, record: 'errors' | 'cost'): ExperimentMetric => ({
  ...{ name, kind: 'guardrail', type: 'ratio', optimise: 'min', from: { record } },
})

const [failures, cost] = [ofCalls('figure-errors', 'errors'), ofCalls('figure-cost', 'cost')]
const latency: ExperimentMetric = {
  ...{ name: 'figure-latency', kind: 'guardrail', type: 'quantile', quantile: 0.5, optimise: 'min' },
  from: { record: 'latency' },
}

/** What to ask of the store; read with a moment so late that every unit's window has ended. */
export const figureMetrics: readonly ExperimentMetric[] = [failures, cost, latency]

export function armFigures(evidence: readonly EpochEvidence[], version: string): ArmFigures {
  const arms = evidence.flatMap(({ arms }) => (arms[version] ? [arms[version]] : []))
  const all = (metric: ExperimentMetric) =>
    arms.flatMap(({ metrics }) => (metrics[metric.name] ? [metrics[metric.name]] : []))
  const failed = totalOf(all(failures))
  const spent = totalOf(all(cost))
  const quantiles = quantilesOf(all(latency))
  return {
    version,
    units: arms.reduce((sum, { assigned }) => sum + assigned, 0),
    calls: Math.round(failed.of),
    failed: Math.round(failed.sum),
    ...(spent.sum > 0 ? { costUsd: spent.sum } : {}),
    ...quantiles,
  }
}

/** Means times units: the sums that they were made of. */
function totalOf(all: readonly (Accumulator | undefined)[]): { readonly sum: number; readonly of: number } {
  let [sum, of] = [0, 0]
  for (const one of all) {
    if (one?.type !== 'ratio') continue
    sum += one.moments.mean * one.moments.n
    of += one.moments.second.mean * one.moments.n
  }
  return { sum, of }
}

/** Of epochs whose values were counted in buckets of one grid: their cells are the same or do not touch. */
function quantilesOf(all: readonly (Accumulator | undefined)[]): Pick<ArmFigures, 'latencyP50Ms' | 'latencyP95Ms'> {
  const byHigh = new Map<number, { readonly low: number; readonly high: number; count: number }>()
  for (const one of all) {
    if (one?.type !== 'quantile') continue
    for (const cell of listOf(one.values)) {
      const known = byHigh.get(cell.high)
      if (known) known.count += cell.count
      else byHigh.set(cell.high, cell)
    }
  }
  const cells = [...byHigh.values()].sort((a, b) => a.high - b.high)
  let n = 0
  const upTo = cells.map(({ count }) => {
    n += count
    return n
  })
  if (n === 0) return {}
  const merged = { n, lows: cells.map(({ low }) => low), highs: cells.map(({ high }) => high), upTo }
  return { latencyP50Ms: rounded(quantileOf(merged, 0.5)), latencyP95Ms: rounded(quantileOf(merged, 0.95)) }
}

function listOf(values: CountedValues) {
  const { lows, highs, upTo } = cellsOf(values)
  return upTo.map((sum, i) => ({
    low: lows[i] ?? 0,
    high: highs[i] ?? 0,
    count: sum - (i === 0 ? 0 : (upTo[i - 1] ?? 0)),
  }))
}

/** Buckets tell no more digits. */
const rounded = (ms: number): number => Number(ms.toPrecision(4))
