import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareVersions } from './version-order.ts'

test('numbers are compared as numbers, and other names come first', () => {
  const ordered = ['1.0-rc1', 'beta', 'v2', 'v10', '0.9', '1', '1.0', '1.0.1', '1.9', '1.10', '2', '10.0', '20261122']
  assert.deepEqual(ordered.toReversed().sort(compareVersions), ordered)
})

test('any two versions have one order', () => {
  const version = fc.stringMatching(/^[0-9.a-c_-]{1,5}$/)
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      assert.equal(Math.sign(compareVersions(a, b)), -Math.sign(compareVersions(b, a)) + 0)
      assert.equal(compareVersions(a, b) === 0, a === b)
      if (compareVersions(a, b) < 0 && compareVersions(b, c) < 0) assert.ok(compareVersions(a, c) < 0)
    }),
    { numRuns: 1000 },
  )
})
