import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { difference, pairedShares, pairedUnits, quantileFigure, shareFigure } from './figures.ts'

const pairs = fc
  .tuple(fc.integer({ min: 1, max: 500 }), fc.nat(), fc.nat())
  .map(([n, a, b]) => ({ n, gained: a % (n + 1), lost: b % (n - (a % (n + 1)) + 1) }))

test('an interval holds its figure, and is mirrored when the versions change places', () => {
  fc.assert(
    fc.property(pairs, ({ n, gained, lost }) => {
      const { value, lower = -1, upper = 1 } = pairedShares({ n, gained, lost }, n)
      assert.ok(lower <= value && value <= upper)
      const other = pairedShares({ n, gained: lost, lost: gained }, n)
      assert.ok(Math.abs((other.lower ?? -1) + upper) < 1e-9 && Math.abs((other.upper ?? 1) + lower) < 1e-9)
      const share = shareFigure(gained, n, n)
      assert.ok((share.lower ?? 1) <= share.value && share.value <= (share.upper ?? 0))
    }),
    { numRuns: 100 },
  )
})

test('where no pair differs nothing is shown, however many there are; where many do, it is', () => {
  const none = pairedShares({ n: 1000, gained: 0, lost: 0 }, 1000)
  assert.ok((none.lower ?? 0) < 0 && (none.upper ?? 0) > 0)
  assert.equal(difference(none, 'higher').shown, undefined)
  assert.equal(difference(pairedShares({ n: 1000, gained: 100, lost: 20 }, 1000), 'higher').shown, 'better')
  assert.equal(difference(pairedShares({ n: 1000, gained: 100, lost: 20 }, 1000), 'lower').shown, 'worse')
})

test('A/A: of 400 runs on 300 cases, with a look after every tenth, at most 5 % and chance show a difference', () => {
  let seed = 1
  // A linear congruential generator: the same cases at every run of the test.
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed / 2 ** 32
  }
  let shown = 0
  for (let run = 0; run < 400; run++) {
    const counts = { n: 0, gained: 0, lost: 0 }
    let seen = false
    while (counts.n < 300 && !seen) {
      const [a, b] = [random() < 0.8, random() < 0.8]
      counts.n++
      if (a && !b) counts.gained++
      if (b && !a) counts.lost++
      if (counts.n % 10 === 0) seen = difference(pairedShares(counts, 300), 'higher').shown !== undefined
    }
    if (seen) shown++
  }
  // Three standard errors of 5 % of 400.
  assert.ok(shown <= 20 + 3 * Math.sqrt(400 * 0.05 * 0.95), `${shown} of 400`)
})

test('a quantile is the value at its rank', () => {
  const sorted = Array.from({ length: 100 }, (_, i) => i + 1)
  assert.deepEqual(
    [0.5, 0.95, 0.99].map((p) => quantileFigure(sorted, p, 100).value),
    [50, 95, 99],
  )
  assert.equal(quantileFigure([7], 0.99, 1).value, 7)
})

test('of a mean from 0 to 1 few cases that differ show nothing, however alike the others are, and many may', () => {
  const mean = { value: -0.02, n: 1000, lower: -0.03, upper: -0.01 }
  const few = pairedUnits({ gained: 0, lost: 29, n: 1000 }, mean, 1000)
  assert.equal(difference(few, 'lower').shown, undefined)
  assert.ok((few.lower ?? 0) < -0.029 && (few.upper ?? 0) > 0)
  assert.equal(difference(pairedUnits({ gained: 0, lost: 30, n: 1000 }, mean, 1000), 'lower').shown, 'better')
  // Without spread the mean itself has no interval.
  assert.ok((pairedUnits({ gained: 0, lost: 0, n: 3 }, { value: 0, n: 3 }, 3).upper ?? 0) > 0.3)
})
