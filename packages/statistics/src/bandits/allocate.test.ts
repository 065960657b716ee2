import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { analyse } from '../analysis/analyse.ts'
import { type Accumulator, type Epoch, type MetricDefinition, type Moments, planDefaults } from '../evidence.ts'
import { addValue, emptyMoments } from '../moments.ts'
import { seededRandom } from '../simulation/random.ts'
import { type AllocationMethod, allocate } from './allocate.ts'

const metric: MetricDefinition = { name: 'correct', kind: 'success', type: 'mean', optimise: 'max', share: true }
const plan = { ...planDefaults, expectedUnits: 1000, minimalUnits: 30 }
const least = 0.1

interface Arm {
  readonly arm: string
  readonly rate: (unit: number) => number
}

interface Ran {
  readonly epochs: readonly Epoch[]
  readonly seen: 'better' | 'worse' | 'unknown'
  /** The smallest p-value of the sample-ratio check. */
  readonly ratioP: number
  /** Units by arm. */
  readonly units: ReadonlyMap<string, number>
}

/** Units one after the other, looked at every `look` units, when shares may change: as the controller does it. */
function run(method: AllocationMethod, arms: readonly Arm[], units: number, seed: number, look = 100): Ran {
  const random = seededRandom(seed)
  const names = arms.map(({ arm }) => arm)
  const [control = '', ...candidates] = names
  const moments: Record<string, Moments>[] = [{}]
  const shares: Record<string, number>[] = [Object.fromEntries(names.map((arm) => [arm, 1 / names.length]))]
  let seen: Ran['seen'] = 'unknown'
  let running = {}
  let epochs: readonly Epoch[] = []
  for (let unit = 1; unit <= units; unit++) {
    const [now = {}, present = {}] = [moments.at(-1), shares.at(-1)]
    const { arm, rate } = chosen(arms, present, random())
    now[arm] = addValue(now[arm] ?? emptyMoments, Number(random() < rate(unit)))
    if (unit % look !== 0) continue
    epochs = moments.map((arms, i) => ({ number: i + 1, shares: shares[i] ?? {}, arms: evidenceOf(arms) }))
    const analysis = analyse({ control, candidates, epochs, circuit: {}, elapsedMs: 0 }, [metric], plan, running)
    running = analysis.running
    const shown = analysis.candidates.map(({ metrics }) => metrics[0]?.direction ?? 'unknown')
    if (seen === 'unknown') seen = shown.find((direction) => direction !== 'unknown') ?? 'unknown'
    const next = allocate(epochs, names, metric, { method, least })
    const differs = names.some((arm) => Math.abs((next?.[arm] ?? 0) - (present[arm] ?? 0)) >= 0.05)
    if (next && differs) {
      shares.push({ ...next })
      moments.push({})
    }
  }
  const { sampleRatio: ratioP = 1 } = running as { sampleRatio?: number }
  const counts = names.map((arm) => [arm, moments.reduce((sum, all) => sum + (all[arm]?.n ?? 0), 0)] as const)
  return { epochs, seen, ratioP, units: new Map(counts) }
}

function chosen(arms: readonly Arm[], shares: Readonly<Record<string, number>>, at: number): Arm {
  let sum = 0
  for (const one of arms) {
    sum += shares[one.arm] ?? 0
    if (at < sum) return one
  }
  return arms.at(-1) ?? assert.fail()
}

function evidenceOf(arms: Readonly<Record<string, Moments>>): Epoch['arms'] {
  return Object.fromEntries(
    Object.entries(arms).map(([arm, moments]) => {
      const correct: Accumulator = { type: 'mean', moments }
      return [arm, { assigned: moments.n, withFeedback: moments.n, metrics: { correct } }]
    }),
  )
}

const always = (rate: number) => () => rate
/** Of equal arms track and stop hardly moves. */
const equalRuns = [
  ['thompson', 300],
  ['track-and-stop', 50],
] as const

for (const [method, runs] of equalRuns) {
  describe(method, () => {
    test('between equal arms something is "shown" in at most alpha of the runs, though quality drifts while shares follow it', (t) => {
      const [units, look] = [1500, 150]
      // From 40 % to 80 %, alike for both: pooled over epochs of other shares it would look like an effect.
      const drifting = (unit: number) => 0.4 + (0.4 * unit) / units
      let [wrong, mismatched, epochs] = [0, 0, 0]
      for (let seed = 1; seed <= runs; seed++) {
        const ran = run(
          method,
          ['1.0', '1.1'].map((arm) => ({ arm, rate: drifting })),
          units,
          seed,
          look,
        )
        if (ran.seen !== 'unknown') wrong++
        if (ran.ratioP < 0.001) mismatched++
        epochs += ran.epochs.length
      }
      t.diagnostic(`${wrong} of ${runs} runs, ${mismatched} sample-ratio alarms, ${epochs / runs} epochs a run`)
      assert.ok(wrong / runs <= plan.alpha + 3 * Math.sqrt((plan.alpha * (1 - plan.alpha)) / runs), `${wrong}`)
      assert.ok(mismatched <= 2, `${mismatched}`)
    })
  })
}

test('Thompson: a clear winner is shown, and gets most of the traffic on the way', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const arms = [0.6, 0.8, 0.6].map((rate, i) => ({ arm: `1.${i}`, rate: always(rate) }))
    const { units, seen, epochs } = run('thompson', arms, 3000, seed)
    assert.equal(seen, 'better')
    assert.ok((units.get('1.1') ?? 0) > 0.6 * 3000, `${[...units]}`)
    assert.ok((epochs.at(-1)?.shares['1.1'] ?? 0) > 0.75)
  }
})

test('track and stop: the arm that varies more gets more, so that the difference is known sooner', () => {
  const arms = [0.5, 0.97].map((rate, i) => ({ arm: `1.${i}`, rate: always(rate) }))
  const { units } = run('track-and-stop', arms, 3000, 3)
  assert.ok((units.get('1.0') ?? 0) > 0.6 * 3000, `${[...units]}`)
})

const epoch = (number: number, arms: Readonly<Record<string, Accumulator>>): Epoch => ({
  number,
  shares: {},
  arms: Object.fromEntries(
    Object.entries(arms).map(([arm, correct]) => [arm, { assigned: 0, withFeedback: 0, metrics: { correct } }]),
  ),
})
const rate = (n: number, hits: number): Accumulator => ({ type: 'rate', counts: { n, hits } })

test('nothing is said while the latest epoch tells too little of an arm, or where nothing varies', () => {
  const told = (...epochs: Epoch[]) => allocate(epochs, ['a', 'b'], metric, { method: 'thompson', least })
  assert.equal(told(), undefined)
  assert.equal(told(epoch(1, { a: rate(500, 100) })), undefined)
  assert.equal(told(epoch(1, { a: rate(500, 100), b: rate(19, 10) })), undefined)
  assert.equal(told(epoch(1, { a: rate(50, 50), b: rate(50, 50) })), undefined)
  const first = epoch(1, { a: rate(500, 100), b: rate(500, 400) })
  assert.equal(told(first, epoch(2, { a: rate(10, 2), b: rate(200, 150) })), undefined)
  assert.deepEqual(told(first), { a: least, b: 1 - least })
})

test('an arm in which nothing failed yet is not taken for perfect', () => {
  const { a = 0 } = allocate([epoch(1, { a: rate(30, 28), b: rate(20, 20) })], ['a', 'b'], metric, {
    ...{ method: 'thompson', least: 0 },
  }) ?? { a: 0 }
  assert.ok(a > 0.02 && a < 0.5, `${a}`)
})

test('all who see the same evidence find the same shares; less is better where it is to be less', () => {
  const epochs = [epoch(1, { a: rate(100, 50), b: rate(100, 60) })]
  const find = (optimise: 'min' | 'max') =>
    allocate(epochs, ['a', 'b'], { ...metric, optimise }, { method: 'thompson', least })
  assert.deepEqual(find('max'), find('max'))
  assert.ok((find('max')?.b ?? 0) > 0.7)
  assert.ok((find('min')?.b ?? 1) < 0.3)
})

/** The Beta posteriors of a flat prior: P(an arm of n misses alone is best) = E (1 - y)^(n + 1), y of the other arm's posterior. */
const missesAloneBest = (n: number, other: { readonly n: number; readonly hits: number }): number =>
  Array.from({ length: n + 1 }, (_, i) => (1 + other.n - other.hits + i) / (2 + other.n + i)).reduce((a, b) => a * b)

test('a few units that are alike decide nothing: shares of rates are those of their Beta posteriors', () => {
  const options = { method: 'thompson', least: 0 } as const
  const asMean = (n: number, hits: number): Accumulator => {
    const mean = hits / n
    return { type: 'mean', moments: { n, mean, m2: n * mean * (1 - mean) } }
  }
  const vectors = [
    { few: { n: 20, hits: 0 }, many: { n: 1000, hits: 30 }, best: missesAloneBest(20, { n: 1000, hits: 30 }) },
    { few: { n: 20, hits: 20 }, many: { n: 300, hits: 270 }, best: 1 - missesAloneBest(20, { n: 300, hits: 30 }) },
  ] as const
  assert.deepEqual(
    vectors.map(({ best }) => best.toFixed(2)),
    ['0.52', '0.89'],
  )
  for (const { few, many, best } of vectors) {
    for (const kind of [rate, asMean]) {
      const shares = allocate(
        [epoch(1, { a: kind(many.n, many.hits), b: kind(few.n, few.hits) })],
        ['a', 'b'],
        metric,
        options,
      )
      assert.ok(Math.abs((shares?.b ?? 0) - best) < 0.04, `${shares?.b}, not ${best}`)
    }
  }
})

test('a rate over epochs of other shares is no pooled one: a drift between them is not taken for a difference', () => {
  // Both arms alike in each epoch, 20 % and then 80 %; pooled, b would have 68 % and a 32 %.
  const epochs = [epoch(1, { a: rate(800, 160), b: rate(200, 40) }), epoch(2, { a: rate(200, 160), b: rate(800, 640) })]
  const { a = 0 } = allocate(epochs, ['a', 'b'], metric, { method: 'thompson', least: 0 }) ?? {}
  assert.ok(Math.abs(a - 0.5) < 0.04, `${a}`)
})

test('of means, too, a few equal values are no certainty, and many are', () => {
  const score: MetricDefinition = { name: 'correct', kind: 'success', type: 'mean', optimise: 'max' }
  const arm = (n: number, mean: number, variance: number): Accumulator => ({
    type: 'mean',
    moments: { n, mean, m2: variance * (n - 1) },
  })
  const shareOfConstant = (n: number) =>
    allocate([epoch(1, { a: arm(1000, 3.2, 1), b: arm(n, 3, 0) })], ['a', 'b'], score, { method: 'thompson', least: 0 })
      ?.b
  assert.ok((shareOfConstant(20) ?? 0) > 0.1, `${shareOfConstant(20)}`)
  assert.ok((shareOfConstant(2000) ?? 1) < 0.01, `${shareOfConstant(2000)}`)
})
