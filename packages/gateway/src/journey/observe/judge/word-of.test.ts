import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { wordOf } from './word-of.ts'

const number = { type: 'number', optimise: 'max' } as const
const score = { ...number, min: 1, max: 5 } as const
const sure = { type: 'boolean', optimise: 'max' } as const

describe('the word of a judge', () => {
  it('is a value of its metric, within bounds', () => {
    assert.equal(wordOf(4, score), 4)
    assert.equal(wordOf(1e9, number), 1e9)
    assert.equal(wordOf(false, sure), false)
    for (const said of [0, 6, '4', true, null]) assert.equal(wordOf(said, score), undefined)
    for (const said of [1, 'true', null]) assert.equal(wordOf(said, sure), undefined)
  })

  it('is no number of which sums would be lost, whatever the bounds', () => {
    for (const said of [1e308, -1e101, Number.POSITIVE_INFINITY, Number.NaN]) {
      assert.equal(wordOf(said, number), undefined)
      assert.equal(wordOf(said, { ...number, min: -1e308, max: 1e308 }), undefined)
    }
  })
})
