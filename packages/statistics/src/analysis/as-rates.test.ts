import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addPair, addValue, emptyMoments, emptyPairs } from '../moments.ts'
import { asRates } from './as-rates.ts'

const mean = (...values: number[]) => ({ type: 'mean', moments: values.reduce(addValue, emptyMoments) }) as const
const ratio = (...pairs: [number, number][]) =>
  ({ type: 'ratio', moments: pairs.reduce((sum, [y, x]) => addPair(sum, y, x), emptyPairs) }) as const
const counts = (n: number, hits: number) => ({ type: 'rate', counts: { n, hits } })
const of = (control: Parameters<typeof asRates>[0][number]['control'], candidate = control) =>
  asRates([{ split: 0.5, control, candidate }])[0]?.control

test('units that are 0 or 1 are counted', () => {
  assert.deepEqual(of(mean(0, 1, 1, 0, 1)), counts(5, 3))
  assert.deepEqual(of(mean(0, 0, 0)), counts(3, 0))
  assert.deepEqual(of(ratio([0, 1], [1, 1])), counts(2, 1))
  assert.deepEqual(of(ratio([0, 7], [0, 2])), counts(2, 0))
})

test('one unit of several calls leaves all as it is', () => {
  assert.equal(of(mean(0, 1, 0.5))?.type, 'mean')
  assert.equal(of(ratio([0, 1], [1, 2]))?.type, 'ratio')
  assert.equal(of(mean(0, 1), mean(0.5))?.type, 'mean')
})
