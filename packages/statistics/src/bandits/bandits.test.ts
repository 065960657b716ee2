import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { betaDraw, normalDraw, seededRandom } from '../simulation/random.ts'
import { thompsonShares } from './thompson.ts'
import { mayStop, optimalShares } from './track-and-stop.ts'

const arms = (means: readonly number[], variances: readonly number[], n = 50) =>
  means.map((mean, i) => ({ n, mean, variance: variances[i] ?? 1 }))
const closeTo = (actual: readonly number[], expected: readonly number[]) => {
  for (const [i, share] of expected.entries()) {
    assert.ok(Math.abs((actual[i] ?? 0) - share) < 1e-4, `${actual} is not ${expected}`)
  }
}

test('optimal shares: the values of TensorZero, whose solver is exact to 1e-4', () => {
  closeTo(optimalShares(arms([100, 105], [1, 20]), { epsilon: 2 }), [0.182752, 0.817248])
  closeTo(optimalShares(arms([0.5, 0.51, 0.3], [0.1, 0.1, 0.1]), { epsilon: 0.01 }), [0.494996, 0.495004, 0.01])
})

test('for two arms the shares are in proportion to the standard deviations (Neyman)', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.5, max: 20, noNaN: true }), fc.double({ min: 0.5, max: 20, noNaN: true }), (s, t) =>
      closeTo(optimalShares(arms([1, 2], [s * s, t * t]), { floor: 0.001 }), [s / (s + t), t / (s + t)]),
    ),
  )
})

test('shares sum to 1 and keep the floor, with equal means and constant values too', () => {
  const mean = fc.double({ min: -5, max: 5, noNaN: true })
  fc.assert(
    fc.property(fc.array(mean, { minLength: 2, maxLength: 6 }), fc.double({ min: 0, max: 4, noNaN: true }), (m, v) => {
      const shares = optimalShares(
        arms(
          m,
          m.map(() => v),
        ),
        { floor: 0.05 },
      )
      assert.ok(Math.abs(shares.reduce((a, b) => a + b, 0) - 1) < 1e-9)
      assert.ok(
        shares.every((share) => share >= 0.05 - 1e-6),
        `${shares}`,
      )
    }),
  )
  assert.throws(() => optimalShares(arms([1, 2], [1, 1]), { floor: 0.6 }), RangeError)
})

test('stopping: a clear leader yes, equal arms and few units no', () => {
  const options = { delta: 0.05, expectedUnits: 2000 }
  assert.deepEqual(
    { ...mayStop(arms([0, 1, 0.2], [1, 1, 1], 500), options), margin: 0 },
    { leader: 1, stop: true, margin: 0 },
  )
  assert.equal(mayStop(arms([0, 0.01], [1, 1], 500), options).stop, false)
  assert.equal(mayStop(arms([0, 5], [1, 1], 20), options).stop, false)
})

test('stopping between equal arms under adaptive shares happens in at most delta of the runs', () => {
  const random = seededRandom(11)
  let stopped = 0
  for (let run = 0; run < 300; run++) {
    const sums = [0, 0].map(() => ({ n: 0, sum: 0 }))
    let stop = false
    for (let t = 0; t < 3000 && !stop; t++) {
      // Thompson-like: the arm that looks better gets more.
      const [a, b] = [sums[0] ?? { n: 0, sum: 0 }, sums[1] ?? { n: 0, sum: 0 }]
      const ahead = a.sum / (a.n || 1) > b.sum / (b.n || 1)
      const arm = random() < 0.8 === ahead ? a : b
      arm.n++
      arm.sum += normalDraw(random)
      if (t % 50 === 0 && Math.min(a.n, b.n) >= 10) {
        const seen = [a, b].map(({ n, sum }) => ({ n, mean: sum / n, variance: 1 }))
        stop = mayStop(seen, { delta: 0.05, expectedUnits: 2000, minimalUnits: 10 }).stop
      }
    }
    if (stop) stopped++
  }
  assert.ok(stopped / 300 <= 0.05 + 3 * Math.sqrt((0.05 * 0.95) / 300), `${stopped}`)
})

test('Thompson: the better arm gets more, the floor is kept, minimising turns it round', () => {
  const random = seededRandom(3)
  const rates = [
    { kind: 'rate', n: 200, hits: 100 },
    { kind: 'rate', n: 200, hits: 130 },
  ] as const
  const [a = 0, b = 0] = thompsonShares(rates, { optimise: 'max', random })
  assert.ok(Math.abs(a - 0.05) < 0.01 && Math.abs(a + b - 1) < 1e-12)
  const means = [
    { kind: 'mean', value: 1, standardError: 0.1 },
    { kind: 'mean', value: 1.1, standardError: 0.1 },
  ] as const
  const [c = 0] = thompsonShares(means, { optimise: 'min', random, draws: 20_000, floor: 0 })
  assert.ok(Math.abs(c - 0.7602) < 0.02, `${c}`)
})

test('the draws have their moments', () => {
  const random = seededRandom(5)
  const mean = (draw: () => number) => Array.from({ length: 20_000 }, draw).reduce((a, b) => a + b, 0) / 20_000
  assert.ok(Math.abs(mean(() => normalDraw(random))) < 0.03)
  assert.ok(Math.abs(mean(() => normalDraw(random) ** 2) - 1) < 0.05)
  assert.ok(Math.abs(mean(() => betaDraw(0.5, 1.5, random)) - 0.25) < 0.01)
})
