import { type NumberSketch, varianceOf } from '../sketches/number-sketch.ts'
import { stepsOf } from '../sketches/steps.ts'
import type { TestResult } from './category-tests.ts'
import { mergeSorted, type PairedValue } from './paired-counts.ts'

/** Two samples as one ascending list. `pairSamples` makes it of raw numbers, `pairSketches` of sketches. */
export type PairedValues = readonly PairedValue[]

export function pairSamples(reference: readonly number[], current: readonly number[]): PairedValues {
  return mergeSorted(counted(reference), counted(current))
}

/** Numbers of one bucket count as equal: what is computed from it lies within the sketches' relative error of the exact. */
export function pairSketches(reference: NumberSketch, current: NumberSketch): PairedValues {
  return mergeSorted(stepsOf(reference), stepsOf(current))
}

/**
 * The two-sample Kolmogorov-Smirnov test: the largest distance between the distribution functions, and its asymptotic p with
 * the correction for small samples of Stephens 1970 (good from about n m / (n + m) = 4 on). With ties, and so with sketches,
 * both are conservative: distances within a bucket are not seen, so that the statistic is never above the exact one.
 */
export function kolmogorovSmirnov(pairs: PairedValues): TestResult {
  const [n, m] = rowsOf(pairs)
  let statistic = 0
  eachGap(pairs, (inReference, inCurrent) => {
    statistic = Math.max(statistic, Math.abs(inReference - inCurrent))
  })
  const root = Math.sqrt((n * m) / (n + m))
  return { statistic, p: kolmogorovTail((root + 0.12 + 0.11 / root) * statistic) }
}

/** P(K >= x) = 2 sum of (-1)^(k-1) exp(-2 k^2 x^2). Source: Kolmogorov 1933. */
function kolmogorovTail(x: number): number {
  if (!(x > 0.2)) return 1
  let sum = 0
  for (let k = 1; k <= 100; k++) {
    const term = Math.exp(-2 * k * k * x * x)
    sum += k % 2 === 1 ? term : -term
    if (term < 1e-17) break
  }
  return Math.min(1, Math.max(0, 2 * sum))
}

/** The first Wasserstein (earth mover's) distance, in the numbers' unit: the area between the distribution functions. */
export function wassersteinDistance(pairs: PairedValues): number {
  let area = 0
  eachGap(pairs, (inReference, inCurrent, width) => {
    area += Math.abs(inReference - inCurrent) * width
  })
  return area
}

/**
 * What the Wasserstein distance is about without any drift, from chance alone: at each x the difference of the distribution
 * functions is about normal with variance F(1 - F)(1/n + 1/m), and E|Z| = sqrt(2/pi). Source: del Barrio, Gine, Matran 1999.
 */
export function wassersteinByChance(pairs: PairedValues): number {
  const [n, m] = rowsOf(pairs)
  let area = 0
  eachGap(pairs, (inReference, inCurrent, width) => {
    const share = (inReference * n + inCurrent * m) / (n + m)
    area += Math.sqrt(Math.max(0, share * (1 - share))) * width
  })
  return area * Math.sqrt((2 / Math.PI) * (1 / n + 1 / m))
}

/**
 * By which the Wasserstein distance is divided: the reference's standard deviation, but at least its mean times the sketch's
 * relative error, below which a sketch sees nothing, and for a reference of zeros only the deviation of the current window.
 */
export function spreadOf(reference: NumberSketch, current: NumberSketch): number {
  const resolution = Math.abs(reference.mean) * reference.relativeError
  return Math.max(Math.sqrt(varianceOf(reference)), resolution) || Math.sqrt(varianceOf(current)) || 1
}

/** Both distribution functions after each value, and the way to the next value (0 after the last). */
function eachGap(pairs: PairedValues, visit: (reference: number, current: number, width: number) => void): void {
  const [n, m] = rowsOf(pairs)
  let [inReference, inCurrent] = [0, 0]
  for (const [at, [value, r, c]] of pairs.entries()) {
    inReference += r
    inCurrent += c
    visit(inReference / n, inCurrent / m, (pairs[at + 1]?.[0] ?? value) - value)
  }
}

function rowsOf(pairs: PairedValues): readonly [number, number] {
  return [pairs.reduce((sum, [, r]) => sum + r, 0), pairs.reduce((sum, [, , c]) => sum + c, 0)]
}

function counted(sample: readonly number[]): { value: number; count: number }[] {
  const counts = new Map<number, number>()
  for (const value of sample) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => a.value - b.value)
}
