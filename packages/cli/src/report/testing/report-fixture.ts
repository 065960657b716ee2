import {
  type Accumulator,
  analyse,
  decide,
  type MetricDefinition,
  planDefaults,
  type RunningPs,
  thresholdDefaults,
  verdictOf,
} from '@astraapi/statistics'
import type { CandidatePoint, ExperimentReport, HistoryPoint, Status } from '../experiment-json.ts'

// An experiment for tests, analysed as a real one is: spam 1.1 against 1.0 with so many units at so many looks.

export interface FixtureOptions {
  readonly looks: number
  readonly unitsALook: number
  readonly status?: Status
  /** Shares of right answers. */
  readonly right?: { readonly control: number; readonly candidate: number }
  /** Of the candidate's latency over the control's. */
  readonly slower?: number
  readonly seed?: number
}

const metrics: readonly MetricDefinition[] = [
  { name: 'correct', kind: 'success', type: 'rate', optimise: 'max' },
  { name: 'latency-p95', kind: 'guardrail', type: 'quantile', quantile: 0.95, optimise: 'min', unit: 'ms' },
  { name: 'errors', kind: 'guardrail', type: 'rate', optimise: 'min' },
]

const start = Date.UTC(2026, 10, 23, 13, 40)
const everyMs = 10_000
const arms = ['1.0', '1.1'] as const

export function reportFixture(options: FixtureOptions): ExperimentReport {
  const { looks, unitsALook, status = 'running', right = { control: 0.897, candidate: 0.986 }, slower = 1.03 } = options
  const draw = seeded(options.seed ?? 7)
  const seen = arms.map((arm) => ({ arm, units: 0, hits: 0, failed: 0, latencies: [] as number[] }))
  const plan = { ...planDefaults, minimalDurationMs: 60_000, rule: 'automatic' } as const
  const history: HistoryPoint[] = []
  let running: RunningPs = {}
  let analysis = analyse(evidence(0), metrics, plan)
  for (let look = 1; look <= looks; look++) {
    for (let unit = 0; unit < unitsALook; unit++) {
      const one = seen[draw() < 0.5 ? 0 : 1]
      if (one === undefined) continue
      const isCandidate = one.arm === '1.1'
      one.units++
      if (draw() < (isCandidate ? right.candidate : right.control)) one.hits++
      if (draw() < 0.002) one.failed++
      one.latencies.push((4 + 3 * draw() + 9 * draw() ** 8) * (isCandidate ? slower : 1))
    }
    analysis = analyse(evidence(look * everyMs), metrics, plan, running)
    running = analysis.running
    history.push({ time: iso(look), candidates: pointsOf(analysis) })
  }
  const { decisions } = decide(analysis, { ...thresholdDefaults, plan })
  const atMs = start + looks * everyMs
  return {
    ...{
      name: 'spam-1-1',
      model: 'spam',
      major: 'v1',
      control: '1.0',
      candidates: ['1.1'],
      status,
      since: iso(looks),
      ...(status === 'promoted' ? { winner: '1.1', by: 'astra-experiments' } : {}),
    },
    ...{ description: 'The new words and word pairs', shares: { '1.0': 50, '1.1': 50 }, attributionMs: 60_000 },
    ...{ ramp: [{ coverage: 0.1, forMs: 60_000 }, { coverage: 1 }], step: looks > 6 ? 1 : 0, metrics, plan },
    ...(looks > 6 ? {} : { stepEndsInMs: Math.max(0, 60_000 - looks * everyMs) }),
    ...{ startedAt: iso(0), elapsedMs: looks * everyMs, evaluatedAt: iso(looks) },
    epochs: [
      { number: 1, from: iso(0), shares: { '1.0': 50, '1.1': 50 } },
      ...(looks > 6 ? [{ number: 2, from: iso(6), shares: { '1.0': 50, '1.1': 50 } }] : []),
    ],
    arms: seen.map(({ arm, units, failed }) => ({
      ...{ version: arm, units, calls: units, failed, costUsd: units * 0.00002, latencyP50Ms: 5.6, latencyP95Ms: 9.7 },
    })),
    evaluations: analysis.candidates.flatMap((found, i) => {
      const decision = decisions[i]
      if (decision === undefined) return []
      return [
        {
          candidate: '1.1',
          analysis: found,
          decision,
          verdict: verdictOf(found, decision, { atMs, rule: 'automatic' }),
        },
      ]
    }),
    history,
    decisions: [
      { time: iso(0), action: 'start', text: 'Started at 10 % of the units.', by: 'key_3f9ab2c45d6e7f80' },
      { time: iso(6), action: 'step', text: 'Coverage raised to 100 %.', by: 'astra-experiments' },
    ],
  }

  function evidence(elapsedMs: number) {
    const accumulators = ({ units, hits, failed, latencies }: (typeof seen)[number]): Record<string, Accumulator> => ({
      correct: { type: 'rate', counts: { n: units, hits } },
      errors: { type: 'rate', counts: { n: units, hits: failed } },
      'latency-p95': { type: 'quantile', values: { kind: 'values', sorted: latencies.toSorted((a, b) => a - b) } },
    })
    const evidenceOf = (one: (typeof seen)[number]) => ({
      assigned: one.units,
      withFeedback: one.units,
      metrics: accumulators(one),
    })
    const circuit = { calls: 1, serverErrors: 0, recentFailures: [] }
    return {
      ...{ control: '1.0', candidates: ['1.1'], elapsedMs, circuit: { '1.0': circuit, '1.1': circuit } },
      epochs: [
        {
          ...{ number: 1, shares: { '1.0': 0.5, '1.1': 0.5 } },
          arms: Object.fromEntries(seen.map((one) => [one.arm, evidenceOf(one)])),
        },
      ],
    }
  }
}

const iso = (look: number): string => new Date(start + look * everyMs).toISOString()

const pointsOf = ({ candidates }: ReturnType<typeof analyse>): Readonly<Record<string, CandidatePoint>> =>
  Object.fromEntries(
    candidates.map(({ candidate, units, metrics: found }) => [
      candidate,
      {
        units: units.control + units.candidate,
        metrics: Object.fromEntries(
          found.map(({ metric, estimate, interval }) => [metric.name, { estimate, ...interval }]),
        ),
      },
    ]),
  )

/** A linear congruential generator (Numerical Recipes): the same numbers every time. */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
