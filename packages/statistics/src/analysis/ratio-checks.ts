import type { ArmEvidence, Epoch } from '../evidence.ts'
import { runningP } from '../intervals/normal-mixture.ts'
import { sampleRatioCheck } from '../sample-ratio.ts'
import type { FeedbackCheck, RatioCheck } from './analysis.ts'

type Count = (evidence: ArmEvidence) => number

/** Whether what is counted came to each arm by its share, over all epochs. `previous`: the smallest p so far. */
export function ratioCheck(
  epochs: readonly Epoch[],
  arms: readonly string[],
  count: Count,
  previous: number | undefined,
): RatioCheck {
  const counted = epochs.map(({ arms: evidence, shares }) => ({
    counts: arms.map((arm) => countIn(evidence[arm], count)),
    shares: arms.map((arm) => shares[arm] ?? 0),
  }))
  const expected = Object.fromEntries(
    arms.map((arm, i) => [
      arm,
      sumOf(counted, (epoch) => (epoch.shares[i] ?? 0) * epoch.counts.reduce((a, b) => a + b, 0)),
    ]),
  )
  return { p: runningP(previous, sampleRatioCheck(counted).p), counts: countsOver(epochs, arms, count), expected }
}

/**
 * The same of each metric of feedback by itself, among the units that are analysed: what another metric got says nothing of it, and of an arm
 * in which its worse values are lost, those that are left look better. By metric; none of a metric that is not counted.
 */
export function feedbackChecks(
  epochs: readonly Epoch[],
  arms: readonly string[],
  metrics: readonly { readonly name: string }[],
  previous: Readonly<Record<string, number>> = {},
): ReadonlyMap<string, FeedbackCheck> {
  const units = countsOver(epochs, arms, ({ frozen }) => frozen?.units ?? 0)
  const counted = new Set(
    epochs.flatMap(({ arms: evidence }) =>
      Object.values(evidence).flatMap(({ frozen }) => Object.keys(frozen?.withValue ?? {})),
    ),
  )
  return new Map(
    metrics
      .filter(({ name }) => counted.has(name))
      .map(({ name }) => {
        const check = ratioCheck(epochs, arms, ({ frozen }) => frozen?.withValue[name] ?? 0, previous[name])
        return [name, { ...check, units }]
      }),
  )
}

const countsOver = (epochs: readonly Epoch[], arms: readonly string[], count: Count): Record<string, number> =>
  Object.fromEntries(arms.map((arm) => [arm, sumOf(epochs, ({ arms: evidence }) => countIn(evidence[arm], count))]))

const countIn = (evidence: ArmEvidence | undefined, count: Count): number => (evidence ? count(evidence) : 0)

const sumOf = <T>(list: readonly T[], of: (item: T) => number): number => list.reduce((sum, item) => sum + of(item), 0)
