import type { Combined } from '../epochs.ts'
import { type Comparison, seenIn } from './comparison.ts'
import { around, everything, type Interval } from './interval.ts'
import { lnEValue, oneSidedRadius, priorUnits, studentRadius } from './normal-mixture.ts'
import { type Hypothesis, noDifference } from './rate-hypothesis.ts'

// Statements on two arms. All of them ask whether a hypothesis "candidate = factor x control + plus" is refused; an interval is what isn't.

export interface SequenceOptions {
  readonly alpha: number
  /** N* of the plan. */
  readonly expectedUnits: number
}

export interface Contrast {
  readonly estimate: number
  readonly standardError: number
}

/** candidate - factor x control - plus. */
export const contrast = ({ control, candidate }: Combined, { factor, plus }: Hypothesis = noDifference): Contrast => ({
  estimate: candidate.value - factor * control.value - plus,
  standardError: Math.sqrt(candidate.squaredError + factor * factor * control.squaredError),
})

function zOf(combined: Combined, hypothesis: Hypothesis): number {
  const { estimate, standardError } = contrast(combined, hypothesis)
  return estimate === 0 ? 0 : estimate / standardError
}

const radiusOf = ({ clock, degrees }: Combined, { alpha, expectedUnits }: SequenceOptions): number =>
  studentRadius(clock, degrees, priorUnits(expectedUnits, alpha), alpha)

/** ln e against a hypothesis, by default "no difference"; 1/e is the p-value that belongs to the intervals below. 0 with too little data. */
export function lnEAgainst(comparison: Comparison, options: SequenceOptions, hypothesis = noDifference): number {
  const combined = comparison.under(hypothesis)
  if (combined === undefined) return 0
  const g = priorUnits(options.expectedUnits, options.alpha)
  return lnEValue(zOf(combined, hypothesis), combined.clock, g, combined.degrees)
}

/**
 * One-sided, at error probability alpha over all looks: whether candidate - (factor x control + plus) is shown to be above 0
 * (`sign` 1) or below (`sign` -1).
 */
export function isShownBeyond(
  comparison: Comparison,
  hypothesis: Hypothesis,
  sign: 1 | -1,
  { alpha, expectedUnits }: SequenceOptions,
): boolean {
  const combined = comparison.under(hypothesis)
  if (combined === undefined) return false
  const g = priorUnits(expectedUnits, 2 * alpha)
  return sign * zOf(combined, hypothesis) > oneSidedRadius(combined.clock, g, alpha, combined.degrees)
}

/** The confidence sequence of candidate - control. Everything while there is too little data. */
export function differenceInterval(comparison: Comparison, options: SequenceOptions): Interval {
  const seen = seenIn(comparison)
  if (seen === undefined) return everything
  const { estimate, standardError } = contrast(seen)
  if (comparison.fixed) return around(estimate, standardError * radiusOf(seen, options))
  const isKept = (plus: number) => keeps(comparison, { factor: 1, plus }, options)
  return { lower: edge(isKept, estimate, -1), upper: edge(isKept, estimate, 1) }
}

/**
 * The confidence sequence of the relative lift candidate / control - 1: all lifts t for which "candidate = (1 + t) x control" is not refused
 * (Fieller 1954, at a radius that holds at any time). Unlike the delta method ({@link deltaMethodLift}) it needs no
 * linearisation, of which nothing says that it holds at all n at once, and it excludes 0 exactly when
 * {@link differenceInterval} does. Everything until the control is shown to be above 0.
 */
export function liftInterval(comparison: Comparison, options: SequenceOptions): Interval {
  const seen = seenIn(comparison)
  if (seen === undefined || !(seen.control.value > 0)) return everything
  return comparison.fixed ? fieller(seen, options) : rateLift(comparison, seen, options)
}

function fieller(combined: Combined, options: SequenceOptions): Interval {
  const { control, candidate } = combined
  const m2 = radiusOf(combined, options) ** 2
  const a = control.value ** 2 - m2 * control.squaredError
  if (!(a > 0)) return everything
  const b = control.value * candidate.value
  const c = candidate.value ** 2 - m2 * candidate.squaredError
  const root = Math.sqrt(Math.max(0, b * b - a * c))
  return { lower: (b - root) / a - 1, upper: (b + root) / a - 1 }
}

/** Beyond a factor of 1e6 a rate's lift is told as unbounded. */
const factorMost = 1e6

function rateLift(comparison: Comparison, seen: Combined, options: SequenceOptions): Interval {
  const isKept = (lnFactor: number) => keeps(comparison, { factor: Math.exp(lnFactor), plus: 0 }, options)
  const most = Math.log(factorMost)
  const centre = Math.max(-most, Math.log(seen.candidate.value / seen.control.value))
  return {
    lower: isKept(-most) ? -1 : Math.expm1(edge(isKept, centre, -most)),
    upper: isKept(most) ? Number.POSITIVE_INFINITY : Math.expm1(edge(isKept, centre, most)),
  }
}

function keeps(comparison: Comparison, hypothesis: Hypothesis, options: SequenceOptions): boolean {
  const combined = comparison.under(hypothesis)
  return combined !== undefined && Math.abs(zOf(combined, hypothesis)) <= radiusOf(combined, options)
}

/** Where hypotheses end to be kept on the way from the estimate to `outside`, by bisection; the refused side of it. */
function edge(isKept: (x: number) => boolean, inside: number, outside: number): number {
  if (isKept(outside)) return outside
  let [kept, refused] = [inside, outside]
  for (let i = 0; i < 50; i++) {
    const middle = (kept + refused) / 2
    if (isKept(middle)) kept = middle
    else refused = middle
  }
  return refused
}

export interface Sample {
  readonly n: number
  readonly mean: number
  readonly variance: number
}

/**
 * The relative lift by the delta method: b / a - 1 and its standard error, var = vB/(nB a^2) + vA b^2/(nA a^4).
 * For comparison with other tools (GrowthBook, Eppo); decisions take {@link liftInterval}.
 */
export function deltaMethodLift(control: Sample, candidate: Sample): Contrast {
  const { mean: a } = control
  const variance =
    candidate.variance / (candidate.n * a ** 2) + (control.variance * candidate.mean ** 2) / (control.n * a ** 4)
  return { estimate: candidate.mean / a - 1, standardError: Math.sqrt(variance) }
}
