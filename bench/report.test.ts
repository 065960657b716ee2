import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinNotes, type Row, short, suiteNotMeasured, tablesOf, unmet, verdictOf } from './report.ts'

const ratio = (median: number) => ({ median, min: median - 0.1, max: median + 0.1 })

test('verdicts', () => {
  const row = (over: Partial<Row>): Row => ({ table: 't', name: 'n', ...over })
  assert.equal(verdictOf(row({ ratio: ratio(4), budget: { atMost: 4 } })), 'met')
  assert.equal(verdictOf(row({ ratio: ratio(4.01), budget: { atMost: 4 } })), 'MISSED')
  assert.equal(verdictOf(row({ ratio: ratio(0.79), budget: { atLeast: 0.8 } })), 'MISSED')
  assert.equal(verdictOf(row({ ratio: ratio(0.8), budget: { atLeast: 0.8 } })), 'met')
  assert.equal(verdictOf(row({ ratio: ratio(9), budget: { value: 1.5, atMost: 2 } })), 'met')
  assert.equal(verdictOf(row({ budget: { atMost: 2 } })), 'not measured')
  assert.equal(verdictOf(row({ ratio: ratio(Number.NaN), budget: { atMost: 2 } })), 'not measured')
  assert.equal(verdictOf(row({ ratio: ratio(9) })), 'no budget')
})

test('tables: columns that stand straight, empty ones left out, notes below their rows', () => {
  const rows: Row[] = [
    { table: 'Calls', name: 'nginx', ratio: { median: 1, min: 1, max: 1 }, figures: { 'us CPU': 17.46, '/s': 54_321 } },
    { table: 'Calls', name: 'gateway', ratio: ratio(4.2), figures: { 'us CPU': 73 }, budget: { atMost: 4 } },
    { table: 'Start', name: 'ready', figures: { s: 1.234 }, note: 'a note' },
  ]
  assert.equal(
    tablesOf(rows),
    `Calls
-----
         ratio (spread)  on this machine         budget
nginx    1               17.5 us CPU, 54,321 /s
gateway  4.2 (4.1-4.3)   73 us CPU               at most 4  MISSED

Start
-----
       on this machine
ready  1.23 s
    a note`,
  )
})

test('a check fails on budgets that were missed, and on those that were not measured', () => {
  const rows: Row[] = [
    { table: 'Calls', name: 'met', ratio: ratio(3), budget: { atMost: 4 } },
    { table: 'Calls', name: 'missed', ratio: ratio(5), budget: { atMost: 4 } },
    { table: 'Calls', name: 'unknown', budget: { atMost: 4 } },
    { table: 'Calls', name: 'without' },
    suiteNotMeasured('chat', 'no wrk here'),
  ]
  assert.deepEqual(unmet(rows), { MISSED: ['missed (Calls)'], 'not measured': ['unknown (Calls)', 'all (chat)'] })
  assert.match(tablesOf(rows), /chat\n----\n *\nall {2}not measured\n {4}not measured: no wrk here$/)
})

test('notes of a row', () => {
  assert.equal(joinNotes(undefined, 'one', undefined, 'two'), 'one; two')
  assert.equal(joinNotes(undefined), undefined)
})

test('numbers are as long as a run of some seconds can know them', () => {
  assert.deepEqual([0.0123, 1.2345, 12.345, 123.45, 54_321].map(short), ['0.012', '1.23', '12.3', '123', '54,321'])
})
