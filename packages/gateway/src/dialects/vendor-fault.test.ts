import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { faultError } from './vendor-fault.ts'

describe('of a failure at upstream', () => {
  const said = { type: '', message: 'no' }
  const rows: readonly (readonly [string, readonly (number | undefined)[], true | undefined])[] = [
    ['a redirect, a wrong key or a wrong path cost nothing', [301, 308, 401, 402, 403, 404, 405, 451], true],
    ['a failing server, or nobody knows what, may have', [500, 502, 504, undefined], undefined],
    ['a request that took too long, or a model that failed, may have', [408, 424, 499], undefined],
  ]
  for (const [what, statuses, unspent] of rows) {
    it(what, () => {
      for (const status of statuses) {
        const { code, facts } = faultError({ ...said, status }, false)
        assert.deepEqual([status, code, facts.unspent], [status, 'upstream_failed', unspent])
      }
    })
  }

  it('what comes once an answer began may have cost, whatever its status', () => {
    for (const status of [401, 404, 500]) {
      assert.equal(faultError({ ...said, status }, true).facts.unspent, undefined)
    }
  })
})
