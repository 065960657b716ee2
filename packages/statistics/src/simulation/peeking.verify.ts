import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rateVariances, unitsForDecision } from '../power.ts'
import {
  peekHarm,
  peekLatency,
  peekMeans,
  peekPairs,
  peekRamp,
  peekRates,
  peekRelativeHarm,
  peekSampleRatio,
} from './peeked-runs.ts'
import { type PeekedRun, type PeekingOptions, peek, rejectionLimit } from './peeking.ts'
import { normalDraw, type Random } from './random.ts'

// The promise of the statistics, by simulation: 2,000 experiments without a difference, looked at every 50 units, end with a
// rejection in at most alpha of the runs. The limit is alpha + 3 binomial standard errors of 2,000 runs (0.0646 at 0.05,
// 0.0167 at 0.01): a true error rate of alpha would exceed it once in about 700 tests.

const alpha = 0.05
const looks: PeekingOptions = { runs: 2000, units: 5000, every: 50, from: 200, seed: 20_261_123 }
const sequence = { alpha, expectedUnits: 2000 }

function print(name: string, part: string, { rejected, covered, medianUnits }: ReturnType<typeof peek>): void {
  const median = Number.isNaN(medianUnits) ? '' : `, median of their units ${medianUnits}`
  console.log(`${name.padEnd(44)} ${part}: rejected ${rejected.toFixed(4)}${median}, covered ${covered.toFixed(4)}`)
}

interface Proof {
  readonly name: string
  readonly alpha?: number
  readonly looks?: Partial<PeekingOptions>
  readonly same: (random: Random) => PeekedRun
  /** The power beside it: how often a real difference is found, with how many units. 300 runs. */
  readonly different?: (random: Random) => PeekedRun
}

const lognormal = (sigma: number) => (random: Random) => Math.exp(sigma * normalDraw(random))
const harm = { alpha: 0.01, expectedUnits: 2000, minimalUnits: 100 }
const latency = { alpha, expectedValues: 1000, width: 0.02 }

const withCovariate = (effect: number) => (random: Random, candidate: boolean) => {
  const before = normalDraw(random)
  return [0.8 * before + 0.6 * normalDraw(random) + (candidate ? effect : 0), before] as const
}

/** Successful calls and calls of a unit, whose calls are alike: its own rate is drawn first. */
const chatty = (control: number, candidate: number) => (random: Random, second: boolean) => {
  const calls = 1 + Math.floor(20 * random())
  const own = Math.min(1, Math.max(0, (second ? candidate : control) + 0.4 * (random() - 0.5)))
  let good = 0
  for (let i = 0; i < calls; i++) if (random() < own) good++
  return [good, calls] as const
}

const proofs: readonly Proof[] = [
  {
    name: 'means, normal',
    same: peekMeans(normalDraw, 0, sequence),
    different: peekMeans((random, candidate) => normalDraw(random) + (candidate ? 0.2 : 0), 0.2, sequence),
  },
  { name: 'means, from the first 50 units', looks: { from: 50 }, same: peekMeans(normalDraw, 0, sequence) },
  { name: 'means, log-normal (sigma 1.5, as of cost)', same: peekMeans(lognormal(1.5), 0, sequence) },
  {
    name: 'means with a covariate (CUPED, correlation 0.8)',
    same: peekPairs('cuped', withCovariate(0), 0, sequence),
    different: peekPairs('cuped', withCovariate(0.2), 0.2, sequence),
  },
  {
    name: 'ratios, 1 to 20 calls a unit',
    same: peekPairs('ratio', chatty(0.5, 0.5), 0, sequence),
    different: peekPairs('ratio', chatty(0.5, 0.55), 0.05, sequence),
  },
  {
    name: 'cost guardrail at its margin of 10 %, log-normal',
    alpha: harm.alpha,
    same: peekRelativeHarm(lognormal(1), 1.1, 0.1, harm),
    different: peekRelativeHarm(lognormal(1), 1.5, 0.1, harm),
  },
  { name: 'rates, 0.97', same: peekRates(0.97, 0.97, sequence), different: peekRates(0.97, 0.99, sequence) },
  { name: 'rates, 0.5', same: peekRates(0.5, 0.5, sequence), different: peekRates(0.5, 0.6, sequence) },
  { name: 'rates, 0.005', same: peekRates(0.005, 0.005, sequence), different: peekRates(0.005, 0.03, sequence) },
  {
    name: 'rates while weights move and traffic improves',
    same: peekRamp(
      [
        { units: 1000, candidateShare: 0.05, rate: 0.5 },
        { units: 1000, candidateShare: 0.2, rate: 0.7 },
        { units: 3000, candidateShare: 0.5, rate: 0.95 },
      ],
      sequence,
    ),
  },
  {
    name: 'guardrail at its margin, equal arms',
    alpha: harm.alpha,
    same: peekHarm(0.01, 0.015, { ...harm, margin: 0.005, candidateShare: 0.5 }),
    different: peekHarm(0.01, 0.06, { ...harm, margin: 0.005, candidateShare: 0.5 }),
  },
  {
    name: 'guardrail at its margin, candidate 10 %',
    alpha: harm.alpha,
    same: peekHarm(0.01, 0.015, { ...harm, margin: 0.005, candidateShare: 0.1 }),
    different: peekHarm(0.01, 0.06, { ...harm, margin: 0.005, candidateShare: 0.1 }),
  },
  {
    name: 'guardrail at its margin, control 10 %',
    alpha: harm.alpha,
    same: peekHarm(0.05, 0.055, { ...harm, margin: 0.005, candidateShare: 0.9 }),
  },
  {
    name: 'latency p95, histogram of 2 %',
    looks: { units: 3000 },
    same: peekLatency({ ...latency, p: 0.95, factor: 1 }),
    different: peekLatency({ ...latency, p: 0.95, factor: 1.4 }),
  },
  {
    name: 'latency p50, histogram of 2 %',
    looks: { units: 3000 },
    same: peekLatency({ ...latency, p: 0.5, factor: 1 }),
    different: peekLatency({ ...latency, p: 0.5, factor: 1.2 }),
  },
  { name: 'sample ratio 50/50', same: peekSampleRatio(0.5, 0.5, alpha), different: peekSampleRatio(0.5, 0.53, alpha) },
  { name: 'sample ratio 90/10', same: peekSampleRatio(0.1, 0.1, alpha), different: peekSampleRatio(0.1, 0.12, alpha) },
]

for (const proof of proofs) {
  test(`looking at any time errs in at most alpha of the runs: ${proof.name}`, () => {
    const level = proof.alpha ?? alpha
    const options = { ...looks, ...proof.looks }
    const same = peek(proof.same, options)
    print(proof.name, 'no difference', same)
    if (proof.different !== undefined) print('', 'a difference', peek(proof.different, { ...options, runs: 300 }))
    assert.ok(same.rejected <= rejectionLimit(level, options.runs), `rejected ${same.rejected} of the runs`)
    assert.ok(1 - same.covered <= rejectionLimit(level, options.runs), `covered in ${same.covered} of the runs only`)
  })
}

test('the power that is promised is there: at the units for even odds at least half of the runs have decided', () => {
  const options = { alpha, expectedUnits: 5000 }
  for (const chance of [0.5, 0.8]) {
    const units = unitsForDecision(0.02, rateVariances(0.97, 0.99), { ...options, chance })
    const rounded = Math.ceil(units / 50) * 50
    const result = peek(peekRates(0.97, 0.99, options), { ...looks, units: rounded })
    print(`0.97 against 0.99, ${units} units for ${chance}`, 'a difference', result)
    assert.ok(result.rejected >= chance - 0.04 && result.rejected <= chance + 0.15, `${result.rejected}`)
    assert.ok(1 - result.covered <= rejectionLimit(alpha, looks.runs))
  }
})
