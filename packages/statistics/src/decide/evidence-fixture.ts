import type { Accumulator, ArmEvidence, Evidence } from '../evidence.ts'

// Evidence for tests: one epoch, 1.0 against 1.1 at 50/50, two days old.

const noArm: ArmEvidence = { assigned: 0, withFeedback: 0, metrics: {} }

export function emptyEvidence(arms: { control?: ArmEvidence; candidate?: ArmEvidence }): Evidence {
  const quiet = { calls: 1000, serverErrors: 0, recentFailures: Array.from({ length: 20 }, () => false) }
  return {
    control: '1.0',
    candidates: ['1.1'],
    epochs: [
      {
        number: 1,
        shares: { '1.0': 0.5, '1.1': 0.5 },
        arms: { '1.0': arms.control ?? noArm, '1.1': arms.candidate ?? noArm },
      },
    ],
    circuit: { '1.0': quiet, '1.1': quiet },
    elapsedMs: 2 * 86_400_000,
  }
}

/** n latencies spread evenly from half of `middle` to one and a half of it. */
export const latencies = (n: number, middle: number): Accumulator => ({
  type: 'quantile',
  values: { kind: 'values', sorted: Array.from({ length: n }, (_, i) => middle * (0.5 + i / n)) },
})

/** n values with the given mean and the variance 0.01. */
export const scores = (n: number, mean: number): Accumulator => ({
  type: 'mean',
  moments: { n, mean, m2: 0.01 * Math.max(0, n - 1) },
})
