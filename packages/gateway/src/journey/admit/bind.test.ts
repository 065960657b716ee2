import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testCall, testCaller } from '../testing/fixtures.ts'
import { bindCall } from './bind.ts'

test("a token's unit and session stand above what its calls say; a key's calls stay as they are", () => {
  const call = testCall({ options: { unit: 'chosen', reference: 'r' } })
  const bound = bindCall(call, { ...testCaller(), bound: { unit: 'u-1', session: 's' } })
  assert.deepEqual(bound, { ...call, options: { unit: 'u-1', session: 's', reference: 'r' } })
  assert.equal(bindCall(call, testCaller()), call)
})
