import { type Random, seededRandom } from './random.ts'

/** A simulated experiment at its looks. */
export interface PeekedRun {
  /** One more unit. */
  readonly add: () => void
  /** What one would conclude now: that the arms differ, and whether what is true is still in the interval. */
  readonly look: () => { readonly rejects: boolean; readonly covers: boolean }
}

export interface PeekingOptions {
  readonly runs: number
  /** Units per run (both arms) and between two looks. */
  readonly units: number
  readonly every: number
  /** No conclusion before that many units. */
  readonly from: number
  readonly seed: number
}

export interface PeekingResult {
  readonly runs: number
  /** The share of runs that rejected at any look. */
  readonly rejected: number
  /** The share of runs whose interval held the truth at every look. */
  readonly covered: number
  /** The median of the units at the first rejection, over the runs that rejected; NaN if none did. */
  readonly medianUnits: number
}

/** Runs experiments that are looked at again and again, as a controller does, and counts how often they would ever have concluded. */
export function peek(start: (random: Random) => PeekedRun, options: PeekingOptions): PeekingResult {
  const random = seededRandom(options.seed)
  const rejections: number[] = []
  let covered = 0
  for (let i = 0; i < options.runs; i++) {
    const run = start(random)
    let rejectedAt: number | undefined
    let covers = true
    for (let n = 1; n <= options.units; n++) {
      run.add()
      if (n % options.every !== 0 || n < options.from) continue
      const seen = run.look()
      if (seen.rejects) rejectedAt ??= n
      covers &&= seen.covers
    }
    if (rejectedAt !== undefined) rejections.push(rejectedAt)
    if (covers) covered++
  }
  rejections.sort((a, b) => a - b)
  return {
    runs: options.runs,
    rejected: rejections.length / options.runs,
    covered: covered / options.runs,
    medianUnits: rejections[Math.floor(rejections.length / 2)] ?? Number.NaN,
  }
}

/** The most rejections that `runs` runs of a true error probability alpha may show: alpha + 3 binomial standard errors. */
export const rejectionLimit = (alpha: number, runs: number): number =>
  alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / runs)
