import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columns } from './columns.ts'

test('text stands to the left, numbers to the right, and empty columns are left out', () => {
  assert.deepEqual(
    columns([
      { name: 'a', n: 5, nothing: undefined, note: 'x\ny' },
      { name: 'long name', n: 12.5, nothing: '' },
    ]),
    ['NAME          N  NOTE', 'a             5  x y', 'long name  12.5'],
  )
})

test('no rows, no heading', () => {
  assert.deepEqual(columns([]), [])
})
