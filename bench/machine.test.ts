import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCoreList } from './machine.ts'

test('the kernel lists cores as ranges', () => {
  assert.deepEqual(parseCoreList('0-1'), [0, 1])
  assert.deepEqual(parseCoreList('0,2-4,9'), [0, 2, 3, 4, 9])
  assert.deepEqual(parseCoreList('3'), [3])
  assert.deepEqual(parseCoreList(''), [])
})
