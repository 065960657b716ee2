import assert from 'node:assert/strict'
import { test } from 'node:test'
import { youngCollections } from './young-collections.ts'

const scavenge = (isolate: string, before: number, after: number, ms: number) =>
  `[7:${isolate}]   921 ms: Scavenge ${before.toFixed(1)} (31.1) -> ${after.toFixed(1)} (28.9) MB, pooled: 0.0 MB, ${ms} / 0.00 ms (average mu = 0.853, current mu = 0.909) allocation failure; `
const full = (isolate: string, before: number, after: number) =>
  `[7:${isolate}]   921 ms: Incremental Mark-Compact ${before} (31.1) -> ${after} (28.9) MB, pooled: 17.0 MB, 9.40 / 0.00 ms (+ 0.0 ms in 1 steps) finalize incremental marking via task; GC in old space requested`

test('what a collection leaves is held against what was allocated since the one before', () => {
  const lines = [
    'AstraAPI is ready at http://127.0.0.1:1',
    scavenge('0xa', 30, 20, 8),
    // 10 MB were allocated, and 1 MB of them is there.
    scavenge('0xa', 30, 21, 2),
    full('0xa', 25, 11),
    scavenge('0xb', 9, 8, 7),
    scavenge('0xa', 21, 12, 4),
  ]
  assert.deepEqual(youngCollections(lines), { count: 2, ms: 3, leftShare: 0.1 })
})

test('where nothing was collected twice nothing is said', () => {
  assert.equal(youngCollections([]), undefined)
  assert.equal(youngCollections(['Scavenge', scavenge('0xa', 30, 20, 8)]), undefined)
})
