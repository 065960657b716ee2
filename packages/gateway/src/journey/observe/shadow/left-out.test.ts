import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pathKeys } from '../../../kernel/schema/facets.ts'
import { leftOut } from './left-out.ts'

const without = (value: unknown, ...pointers: string[]) => leftOut(value, pointers.map(pathKeys))

test('what a pointer names is left out, wherever it stands, and the value itself is not touched', () => {
  const value = { a: 1, list: [{ at: 1, b: 2 }, { at: 3 }], 'x/y': { z: 1 } }
  const before = structuredClone(value)
  assert.deepEqual(without(value, '/a', '/list/*/at', '/x~1y/z'), { list: [{ b: 2 }, {}], 'x/y': {} })
  assert.deepEqual(without(value, '/list/0'), { ...value, list: [null, { at: 3 }] })
  assert.deepEqual(without(value, '/*'), {})
  assert.deepEqual(value, before)
})

test('what no pointer names is as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal(without(value), value)
      assert.deepEqual(without(value, '/no such field/at all'), value)
    }),
  )
})
