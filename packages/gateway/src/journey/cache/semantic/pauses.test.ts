import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pauses } from './pauses.ts'

test('a model that failed five times in a row is left alone for five seconds, then asked once more', () => {
  let now = 0
  const pauses = new Pauses({ elapsed: () => now })
  for (let i = 0; i < 4; i++) pauses.tell('embed@v1', false)
  pauses.tell('embed@v1', true)
  for (let i = 0; i < 4; i++) pauses.tell('embed@v1', false)
  assert.equal(pauses.has('embed@v1'), false)
  pauses.tell('embed@v1', false)
  assert.deepEqual([pauses.has('embed@v1'), pauses.has('other@v1')], [true, false])
  now = 5000
  assert.equal(pauses.has('embed@v1'), false)
  pauses.tell('embed@v1', false)
  assert.equal(pauses.has('embed@v1'), true)
})
