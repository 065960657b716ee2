import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FirstValues } from './first-values.ts'

test('one that throws when it is told at last harms neither the process nor the others that wait', async () => {
  const faults: unknown[] = []
  const told: string[] = []
  const firsts = new FirstValues({ sums: async () => [] }, (thrown) => void faults.push(thrown))
  const version = { model: 'spam', major: 1, version: '1.0' }
  const fault = new Error('a fault')
  firsts.of(version, () => {
    throw fault
  })
  firsts.of(version, () => void told.push('second'))
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual([faults, told], [[fault], ['second']])
})
