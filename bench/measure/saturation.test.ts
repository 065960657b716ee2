import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verdictOf } from '../report.ts'
import { callRows, comparedRow, type Saturation } from './saturation.ts'

const sample = (cpuUs: number): Saturation => ({ cpuUs, requests: 1, perSecond: 1, busy: 1, threads: new Map() })
const samples = new Map([
  ['a 429', [20, 100, 21].map(sample)],
  ['a hit', [40, 40, 40].map(sample)],
])

const failed = new Map([['a miss', '3 status']])

test('two rows are compared round by round, and the median of the ratios is held against the budget', () => {
  const row = comparedRow('t', { name: 'n', over: 'a 429', under: 'a hit', budget: { atMost: 1 } }, samples, [])
  assert.deepEqual(row.ratio, { median: 0.525, min: 0.5, max: 2.5 })
  assert.deepEqual(row.figures, { 'us CPU more': -19 })
  assert.equal(verdictOf(row), 'met')
  const reverse = comparedRow('t', { name: 'n', over: 'a hit', under: 'a 429', budget: { atMost: 1 } }, samples, [])
  assert.equal(verdictOf(reverse), 'MISSED')
})

test('a row that was not measured is compared with none', () => {
  const comparison = { name: 'n', over: 'nobody', under: 'a hit' }
  assert.deepEqual(comparedRow('t', comparison, samples, []), { table: 't', name: 'n', note: 'not measured' })
  assert.equal(verdictOf(comparedRow('t', { ...comparison, budget: { atMost: 1 } }, samples, [])), 'not measured')
})

test('what speaks against either side speaks against the comparison', () => {
  const starved = { ...sample(40), busy: 0.5 }
  const measured = new Map([...samples, ['a hit', [starved, starved, starved]]])
  const rows = callRows('u', 'a hit', ['a hit', 'a 429', 'a miss'], { samples: measured, failures: failed }, {})
  const noteOf = (over: string, under: string) =>
    comparedRow('t', { name: 'n', over, under, budget: { atMost: 1 } }, measured, rows).note ?? ''
  assert.match(noteOf('a 429', 'a hit'), /^a hit: the server had its core for 50 % of the time only/)
  assert.match(noteOf('a miss', 'a hit'), /^a hit: the server had .*; a miss: not measured: 3 status$/)
  assert.equal(noteOf('a 429', 'a 429'), '')
})
