// What an experiment's analysis takes: plain, serialisable data (it goes through JSON into a store and back unchanged).
// Evidence is kept per epoch, arm and metric as accumulators that merge, so that several gateways may each keep their share
// and a restart loses nothing. What an analysis gives stands in analysis/analysis.ts.

/** Sums over *units*: one value per unit, frozen when its attribution window ends. `n` units, `mean`, `m2` = sum of (y - mean)^2. */
export interface Moments {
  readonly n: number
  readonly mean: number
  readonly m2: number
  /** A second value x of every unit: CUPED's covariate from before the assignment, or a ratio metric's denominator. */
  readonly second?: SecondMoments
}

/** `m2` = sum of (x - mean)^2, `co` = sum of (x - mean x)(y - mean y). */
export interface SecondMoments {
  readonly mean: number
  readonly m2: number
  readonly co: number
}

/** Units and those among them that count as 1 (correct, failed, clicked). */
export interface RateCounts {
  readonly n: number
  readonly hits: number
}

/**
 * Values for a quantile, one of each unit (several of one unit are alike, and would pretend to more than is known): sorted ones, or a histogram's exact counts. `counts[i]` values lie in `(edges[i], edges[i + 1]]`;
 * `edges` ascend strictly and are one more than `counts`; the first may be 0 or -Infinity, the last Infinity
 * (JSON knows no Infinity: a store keeps `null` for it, and {@link fromStoredEdges} reads it).
 * Two arms need not share their edges, but the intervals are tightest where they do.
 */
export type CountedValues =
  | { readonly kind: 'values'; readonly sorted: readonly number[] }
  | { readonly kind: 'buckets'; readonly edges: readonly number[]; readonly counts: readonly number[] }

/** What is kept of one metric in one arm and epoch, by the metric's type. */
export type Accumulator =
  | { readonly type: 'mean'; readonly moments: Moments }
  | { readonly type: 'rate'; readonly counts: RateCounts }
  /**
   * y: the unit's numerator, x (`second`): its denominator, e.g. tokens and calls. Not where some units' denominators may be far larger than
   * the others': they alone would make the ratio, and its error be underrated. A mean of each unit's own y / x has no such weakness.
   */
  | { readonly type: 'ratio'; readonly moments: Moments & { readonly second: SecondMoments } }
  | { readonly type: 'quantile'; readonly values: CountedValues }

export type MetricType = Accumulator['type']

export interface MetricDefinition {
  readonly name: string
  /** `success` is what the candidate shall improve, `guardrail` what it must not harm. */
  readonly kind: 'success' | 'guardrail'
  readonly type: MetricType
  readonly optimise: 'min' | 'max'
  /** For type `quantile`: which, e.g. 0.95. */
  readonly quantile?: number
  /** How the effect is told: candidate - control, or candidate / control - 1. By default absolute for rates and means without a relative margin. */
  readonly scale?: 'absolute' | 'relative'
  /** How much worse a guardrail may be: absolute in the metric's unit (0.005 of a rate is half a point) or relative (0.1 is 10 %). */
  readonly margin?: Margin
  /** `harm` (default): only a guardrail shown harmful stops a promotion. `safe`: it must be shown to lie within its margin. */
  readonly prove?: 'harm' | 'safe'
  /** For texts: "ms", "USD". A rate needs none, it is told in points. */
  readonly unit?: string
  /** Its values are shares between 0 and 1, as a rate's are: its differences are told in points. */
  readonly share?: boolean
}

export type Margin = { readonly absolute: number } | { readonly relative: number }

export interface Plan {
  /** Error probability over all success metrics and candidates together, e.g. 0.05. */
  readonly alpha: number
  /** Error probability of each guardrail's "shown harmful", e.g. 0.01. */
  readonly harmAlpha: number
  /** N*, the units (both arms) at which the interval shall be narrowest. Fixed before the start; it never touches validity. */
  readonly expectedUnits: number
  readonly minimalDurationMs: number
  readonly maximalDurationMs: number
  /** Units that each arm needs before a metric may decide anything, of a quantile values, and before any promotion. */
  readonly minimalUnits: number
  readonly rule: 'advise' | 'automatic'
  /** `bonferroni`: alpha / (success metrics x candidates). `none` is for one who looks at a single metric in the end. */
  readonly multiplicity: 'bonferroni' | 'none'
}

export const planDefaults: Plan = {
  alpha: 0.05,
  harmAlpha: 0.01,
  expectedUnits: 5000,
  minimalDurationMs: 86_400_000,
  maximalDurationMs: 30 * 86_400_000,
  minimalUnits: 100,
  rule: 'advise',
  multiplicity: 'bonferroni',
}

export interface ArmEvidence {
  /** Units assigned to this arm, each counted once, at its first call in this epoch: for the sample-ratio check. */
  readonly assigned: number
  /** Of those, units of which at least one feedback came. */
  readonly withFeedback: number
  /**
   * Of those, units of which the window has ended, so that no more of them will come, and how many of these have a value of each metric of
   * feedback, by its name. Left out: it is not checked whether the values of each came equally.
   */
  readonly frozen?: { readonly units: number; readonly withValue: Readonly<Record<string, number>> }
  /** By metric name. A metric of which nothing came yet may be left out. */
  readonly metrics: Readonly<Record<string, Accumulator>>
}

/** A span with unchanged weights. A change of weights starts the next epoch, and no sums are pooled over epochs. */
export interface Epoch {
  readonly number: number
  /** The share of the enrolled units that each arm gets by design, by arm; they sum to 1. */
  readonly shares: Readonly<Record<string, number>>
  readonly arms: Readonly<Record<string, ArmEvidence>>
}

/** What the circuit rule looks at, since the experiment began: calls, not units. */
export interface CircuitCounts {
  readonly calls: number
  /** Calls that ended with a 5xx. */
  readonly serverErrors: number
  /** The latest calls, oldest first, at most {@link circuitWindow}: true where the call failed. */
  readonly recentFailures: readonly boolean[]
}

export const circuitWindow = 20

export interface Evidence {
  readonly control: string
  readonly candidates: readonly string[]
  readonly epochs: readonly Epoch[]
  /** By arm. */
  readonly circuit: Readonly<Record<string, CircuitCounts>>
  /** Since the experiment began to run, without the time it was paused. */
  readonly elapsedMs: number
}

/** Edges as JSON left them: a `null` at the beginning was -Infinity, one at the end Infinity. */
export const fromStoredEdges = (edges: readonly (number | null)[]): number[] =>
  edges.map((edge, i) => edge ?? (i === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY))
