import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { durationText, parseDuration, parseSize, sizeText } from './quantities.ts'

describe('quantities', () => {
  it('reads durations in ms and sizes in bytes', () => {
    assert.deepEqual(['800ms', '1.001s', '2.5 s', '2m', '1h'].map(parseDuration), [800, 1001, 2500, 120_000, 3_600_000])
    assert.deepEqual(['1', '7B', '64KiB', '1.5MiB', '1GiB'].map(parseSize), [1, 7, 65_536, 1_572_864, 2 ** 30])
  })

  it('reads nothing else', () => {
    for (const text of ['', 's', '-1s', '1e3s', '0s', '0.4ms', '30', '1d', '١s', '1constructor', '9'.repeat(13)]) {
      assert.equal(parseDuration(text), undefined, text)
    }
    for (const text of ['', '10MB', '10mib', '0', '1,000']) assert.equal(parseSize(text), undefined, text)
  })

  it('writes what reads back as the same number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e11 }), (n) => {
        assert.equal(parseDuration(durationText(n)), n)
        assert.equal(parseSize(sizeText(n)), n)
      }),
    )
  })
})
