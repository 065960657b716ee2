import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verdictOf } from '../report.ts'
import { comparedRow, type Saturation } from './saturation.ts'

const sample = (cpuUs: number): Saturation => ({ cpuUs, requests: 1, perSecond: 1, busy: 1, threads: new Map() })
const samples = new Map([
  ['a 429', [20, 100, 21].map(sample)],
  ['a hit', [40, 40, 40].map(sample)],
])

test('two rows are compared round by round, and the median of the ratios is held against the budget', () => {
  const row = comparedRow('t', { name: 'n', over: 'a 429', under: 'a hit', budget: { atMost: 1 } }, samples)
  assert.deepEqual(row.ratio, { median: 0.525, min: 0.5, max: 2.5 })
  assert.deepEqual(row.figures, { 'us CPU more': -19 })
  assert.equal(verdictOf(row), 'met')
  const reverse = comparedRow('t', { name: 'n', over: 'a hit', under: 'a 429', budget: { atMost: 1 } }, samples)
  assert.equal(verdictOf(reverse), 'MISSED')
})

test('a row that was not measured is compared with none', () => {
  const comparison = { name: 'n', over: 'nobody', under: 'a hit' }
  assert.deepEqual(comparedRow('t', comparison, samples), { table: 't', name: 'n', note: 'not measured' })
  assert.equal(verdictOf(comparedRow('t', { ...comparison, budget: { atMost: 1 } }, samples)), 'not measured')
})
