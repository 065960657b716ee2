import type { RateCounts } from '../evidence.ts'
import type { EstimatePair } from './estimate.ts'

/** A hypothesis on two arms: candidate = factor x control + plus, factor > 0. */
export interface Hypothesis {
  readonly factor: number
  readonly plus: number
}

export const noDifference: Hypothesis = { factor: 1, plus: 0 }

/**
 * Two rates with the variances that they would have *under a hypothesis*: those of the pair of rates that obeys it and lies nearest to what was
 * seen (least squares weighted by units, kept within 0 and 1). Undefined where no two rates obey it.
 *
 * This is the score test (Wilson 1927; Farrington and Manning 1990 for two rates and a margin). The plain variance p(1 - p) of what was seen
 * is too small exactly when an arm has by chance seen few of the rarer outcome, so that with a small arm
 * (5 or 10 % of the traffic) "shown harmful" at alpha = 0.01 came out false in more than 2 % of simulated runs.
 */
export function ratesUnder(
  control: RateCounts,
  candidate: RateCounts,
  { factor, plus }: Hypothesis,
): EstimatePair | undefined {
  const [low, high] = [Math.max(0, -plus / factor), Math.min(1, (1 - plus) / factor)]
  if (!(low <= high && factor > 0)) return undefined
  const seen = control.hits + factor * (candidate.hits - plus * candidate.n)
  const nearest = seen / (control.n + factor * factor * candidate.n)
  const a = Math.min(high, Math.max(low, nearest))
  const b = factor * a + plus
  return {
    control: { n: control.n, value: control.hits / control.n, variance: a * (1 - a) },
    candidate: { n: candidate.n, value: candidate.hits / candidate.n, variance: Math.max(0, b * (1 - b)) },
  }
}
