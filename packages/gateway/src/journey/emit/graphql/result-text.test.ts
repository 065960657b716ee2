import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resultText } from './result-text.ts'

test('a result longer than a string can be is too costly, not a fault', () => {
  const part = 'x'.repeat(2 ** 26)
  assert.throws(() => resultText({ data: { parts: Array(9).fill(part) } }), { code: 'query_too_costly' })
})
