import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError, publicError } from './errors.ts'

const refused = (places: number) => {
  const violations = Array.from({ length: places }, (_, n) => ({ path: `/${n}`, message: 'is wrong' }))
  return publicError(new AstraError('invalid_input', { next: 'Correct them.', violations }))
}

test('a refusal lists 20 places, and says how many more there are', () => {
  assert.deepEqual([refused(20).violations?.length, refused(20).next], [20, 'Correct them.'])
  const { violations, next } = refused(1000)
  assert.deepEqual([violations?.length, violations?.at(-1)?.path], [20, '/19'])
  assert.equal(next, 'Correct them. 980 more places are not listed.')
})
