import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { permit } from '../admit/permit.ts'
import { assign } from '../assign/assign.ts'
import { fitInputs } from '../assign/fit-inputs.ts'
import { testCall, testCaller, testCatalog } from '../testing/fixtures.ts'
import { createCharge } from './in-flight.ts'

const fitted = (version: string) =>
  fitInputs(
    assign(permit(testCall({ options: { version } }), testCaller(), testCatalog({ '1.0': 1, '1.1': 1 }))),
    () => false,
  )

describe('charge', () => {
  it('refuses past the limit with a time to come back, per version', () => {
    const charge = createCharge()
    charge(fitted('1.0'))
    charge(fitted('1.0'))
    assert.throws(
      () => charge(fitted('1.0')),
      (error: { code?: string; facts?: { retryAfterMs?: number } }) =>
        error.code === 'overloaded' && error.facts?.retryAfterMs === 1000,
    )
    charge(fitted('1.1'))
  })

  it('gives a place back once, however often it is released', () => {
    const charge = createCharge()
    const first = charge(fitted('1.0'))
    charge(fitted('1.0'))
    first.release()
    first.release()
    charge(fitted('1.0'))
    assert.throws(() => charge(fitted('1.0')))
  })
})
