import type { Version } from '../../kernel/catalog.ts'
import type { ErrorCode } from '../../kernel/errors.ts'
import {
  type EvaluatedVersion,
  type EvaluationFigure,
  type EvaluationMeasure,
  evaluationMeasures,
} from '../../kernel/evaluation.ts'
import { inOrder, Mean, quantileFigure, shareFigure } from './figures.ts'
import { LabelTally } from './label-tally.ts'
import type { HeldAnswer } from './paired.ts'

type Shares = 'accuracy' | 'agreement' | 'errors' | 'invalid-output' | 'refusals' | 'truncations'
type Means = 'distance' | 'absolute-error' | 'latency' | 'cost' | 'tokens'

const quantiles = [
  ['latency-p50', 0.5],
  ['latency-p95', 0.95],
  ['latency-p99', 0.99],
] as const

/** What one version's answers come to. */
export class VersionTally {
  readonly #version: Version
  readonly #expected: number
  readonly #shares = new Map<Shares, { hits: number; n: number }>()
  readonly #means = new Map<Means, Mean>()
  readonly #latencies: number[] = []
  readonly #failed: Partial<Record<ErrorCode, number>> = {}
  readonly #labels = new LabelTally()
  #answered = 0
  #usageEstimated = false
  #unpriced = 0

  /** `expected`: of how many cases, for the intervals. */
  constructor(version: Version, expected: number) {
    this.#version = version
    this.#expected = expected
  }

  add({ answer: { item, record }, held: { accurate, agrees, distance, absolute, labels } }: HeldAnswer): void {
    const code = 'error' in item ? item.error.code : undefined
    this.#count('errors', code !== undefined)
    this.#count('invalid-output', code === 'invalid_output')
    if (code === undefined) this.#answered++
    else this.#failed[code] = (this.#failed[code] ?? 0) + 1
    if (accurate !== undefined) this.#count('accuracy', accurate)
    if (agrees !== undefined) this.#count('agreement', agrees)
    if (distance !== undefined) this.#mean('distance', distance)
    if (absolute !== undefined) this.#mean('absolute-error', absolute)
    if (labels) this.#labels.add(labels.expected, labels.answered)
    if (!record) return
    // Of those that failed, too: else a version that answers its quick cases in time and none of the others would be a fast one.
    this.#latencies.push(record.latencyMs)
    this.#mean('latency', record.latencyMs)
    if (record.finish !== undefined) {
      this.#count('refusals', record.finish === 'refusal')
      this.#count('truncations', record.finish === 'length')
    }
    if (record.outputTokens !== undefined) this.#mean('tokens', record.outputTokens)
    if (record.costUsd !== undefined) this.#mean('cost', record.costUsd)
    this.#usageEstimated ||= record.usageEstimated
    if (record.unpriced) this.#unpriced++
  }

  told(): EvaluatedVersion {
    return {
      version: this.#version.id,
      digest: this.#version.state.digest,
      answered: this.#answered,
      failed: this.#failed,
      measures: this.#measures(),
      usageEstimated: this.#usageEstimated,
      unpriced: this.#unpriced,
      ...this.#labels.told(),
    }
  }

  #measures(): EvaluatedVersion['measures'] {
    const measures = new Map<EvaluationMeasure, EvaluationFigure>()
    for (const [name, { hits, n }] of this.#shares) measures.set(name, shareFigure(hits, n, this.#expected))
    for (const [name, mean] of this.#means) measures.set(name, withinScale(name, mean.figure(this.#expected)))
    const cost = this.#means.get('cost')
    if (cost) measures.set('cost-total', { value: cost.total, n: cost.n })
    const sorted = this.#latencies.toSorted((a, b) => a - b)
    for (const [name, p] of sorted.length > 0 ? quantiles : []) {
      measures.set(name, quantileFigure(sorted, p, this.#expected))
    }
    return inOrder(measures)
  }

  #count(name: Shares, hit: boolean): void {
    const counts = this.#shares.get(name) ?? { hits: 0, n: 0 }
    this.#shares.set(name, counts)
    counts.n++
    if (hit) counts.hits++
  }

  #mean(name: Means, value: number): void {
    const mean = this.#means.get(name) ?? new Mean()
    this.#means.set(name, mean)
    mean.add(value)
  }
}

/** None of them is ever below 0, nor is a share above 1: the interval of a mean does not know. */
function withinScale(name: Means, { lower, upper, ...figure }: EvaluationFigure): EvaluationFigure {
  const most = evaluationMeasures[name].unit === 'share' ? 1 : Number.POSITIVE_INFINITY
  return {
    ...figure,
    ...(lower === undefined ? {} : { lower: Math.max(0, lower) }),
    ...(upper === undefined ? {} : { upper: Math.min(most, upper) }),
  }
}
