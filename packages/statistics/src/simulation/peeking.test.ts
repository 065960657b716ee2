import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peekLatency, peekMeans, peekRates, peekSampleRatio } from './peeked-runs.ts'
import { type PeekedRun, peek, rejectionLimit } from './peeking.ts'
import { normalDraw, type Random, seededRandom } from './random.ts'

// The fast version of peeking.verify.ts: 200 runs of 2,000 units.

const alpha = 0.05
const options = { runs: 200, units: 2000, every: 50, from: 200, seed: 1 }
const sequence = { alpha, expectedUnits: 2000 }

const same: Readonly<Record<string, (random: Random) => PeekedRun>> = {
  means: peekMeans(normalDraw, 0, sequence),
  rates: peekRates(0.95, 0.95, sequence),
  'latency quantiles': peekLatency({ p: 0.9, alpha, expectedValues: 500, factor: 1, width: 0.05 }),
  'sample ratio': peekSampleRatio(0.5, 0.5, alpha),
}

for (const [name, run] of Object.entries(same)) {
  test(`200 experiments without a difference, looked at every 50 units: ${name}`, () => {
    const { rejected, covered } = peek(run, options)
    assert.ok(rejected <= rejectionLimit(alpha, options.runs), `${rejected}`)
    assert.ok(1 - covered <= rejectionLimit(alpha, options.runs), `${covered}`)
  })
}

test('a difference is found, and the truth stays covered', () => {
  const found = peek(peekRates(0.9, 0.97, sequence), options)
  assert.ok(found.rejected > 0.95 && found.covered > 0.9, JSON.stringify(found))
})

test('the simulation can fail: fixed-size tests looked at as often reject far too much', () => {
  const naive = (random: Random): PeekedRun => {
    let [n, sum] = [0, 0]
    return {
      add: () => {
        n++
        sum += normalDraw(random)
      },
      look: () => ({ rejects: Math.abs(sum) > 1.96 * Math.sqrt(n), covers: true }),
    }
  }
  assert.ok(peek(naive, options).rejected > 2 * rejectionLimit(alpha, options.runs))
})

test('the generator is the same at every run, and even', () => {
  const random = seededRandom(42)
  const first = [random(), random(), random()]
  const again = seededRandom(42)
  assert.deepEqual(first, [again(), again(), again()])
  const mean = Array.from({ length: 100_000 }, random).reduce((a, b) => a + b, 0) / 100_000
  assert.ok(Math.abs(mean - 0.5) < 0.005)
})
