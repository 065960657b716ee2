import { type PairedCounts, total } from './paired-counts.ts'

/**
 * Population stability index: sum of (c - r) ln(c / r) over the shares. Not below 0, without upper bound; 0.1 is commonly read
 * as "changed", 0.25 as "changed much". A share below 0.0001 counts as that (as in Evidently), or an empty bin would make it
 * infinite. Without any drift it is about (bins - 1)(1/n + 1/m), which for 100 rows and 10 bins is 0.18: few rows always
 * "drift".
 */
export function populationStability(paired: PairedCounts): number {
  const floor = 1e-4
  return sharePairs(paired).reduce((sum, [r, c]) => {
    const [from, to] = [Math.max(r, floor), Math.max(c, floor)]
    return sum + (to - from) * Math.log(to / from)
  }, 0)
}

/**
 * The square root of the Jensen-Shannon divergence in nats, as in SciPy and Evidently: a metric in [0, sqrt(ln 2) = 0.8326].
 * Source: Endres and Schindelin 2003.
 */
export function jensenShannonDistance(paired: PairedCounts): number {
  const divergence = sharePairs(paired).reduce((sum, [r, c]) => {
    const middle = (r + c) / 2
    return sum + nats(r, middle) / 2 + nats(c, middle) / 2
  }, 0)
  return Math.sqrt(Math.min(Math.LN2, Math.max(0, divergence)))
}

/**
 * What the Jensen-Shannon distance is about without any drift, from chance alone. The divergence is then a chi-square variable
 * over 8 times the rows: its mean is (categories - 1)(1/n + 1/m) / 8. Source: second-order expansion of the divergence
 * (Lin 1991; Grosse et al. 2002).
 */
export function jensenShannonByChance({ reference, current }: PairedCounts): number {
  const categories = reference.filter((count, at) => count + (current[at] ?? 0) > 0).length
  return Math.sqrt((Math.max(0, categories - 1) * (1 / total(reference) + 1 / total(current))) / 8)
}

/**
 * sqrt(1 - sum of sqrt(r c)), a metric in [0, 1]. Source: Hellinger 1909; computed as sqrt(sum of (sqrt r - sqrt c)^2 / 2),
 * which is the same and exactly 0 for equal shares.
 */
export function hellingerDistance(paired: PairedCounts): number {
  const apart = sharePairs(paired).reduce((sum, [r, c]) => sum + (Math.sqrt(r) - Math.sqrt(c)) ** 2, 0)
  return Math.min(1, Math.sqrt(apart / 2))
}

function nats(share: number, of: number): number {
  return share === 0 ? 0 : share * Math.log(share / of)
}

function sharePairs({ reference, current }: PairedCounts): readonly (readonly [number, number])[] {
  const [n, m] = [total(reference), total(current)]
  return reference.map((count, at) => [n === 0 ? 0 : count / n, m === 0 ? 0 : (current[at] ?? 0) / m])
}
