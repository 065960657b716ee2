import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sumOf } from './gateway.ts'

test('a metric is summed over its labels, and no other that begins like it', () => {
  const text = [
    '# HELP calls',
    'calls{model="a b",code=""} 3',
    'calls{model="c"} 4',
    'calls_failed 5',
    'waiting 6',
    '',
  ].join('\n')
  assert.equal(sumOf(text, 'calls'), 7)
  assert.equal(sumOf(text, 'waiting'), 6)
  assert.equal(sumOf(text, 'others'), 0)
})
