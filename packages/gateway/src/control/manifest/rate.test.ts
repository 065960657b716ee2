import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseRate, rateMeant, rateOf, rateOut, rateText } from './rate.ts'

describe('rates', () => {
  it('reads an amount per interval', () => {
    const table = {
      '100/second': [100, 1000],
      '600/minute': [600, 60_000],
      '1000 / hour': [1000, 3_600_000],
      '0.5/day': [0.5, 86_400_000],
      '20/10s': [20, 10_000],
      '1/1.5m': [1, 90_000],
      '1/24h': [1, 86_400_000],
    }
    for (const [text, [amount, perMs]] of Object.entries(table)) {
      assert.deepEqual(parseRate(text), { amount, perMs }, text)
    }
  })

  it('reads nothing else', () => {
    const none = ['', '100', '-5/minute', '0/minute', '0.0/s', '1e3/minute', 'NaN/minute', 'Infinity/day', '/minute']
    const odd = [
      '100/',
      '100/fortnight',
      '100/constructor',
      '1/25h',
      '1/999ms',
      '1/0s',
      '1,000/hour',
      '5/minute/2',
      '٣/day',
    ]
    for (const text of [...none, ...odd, `${'9'.repeat(13)}/day`, '0.0001/day', '5/minute\n']) {
      assert.equal(parseRate(text), undefined, text)
    }
  })

  it('says what was most likely meant', () => {
    const table = {
      '100/min': 'Did you mean "100/minute"?',
      '100 per hour': 'Did you mean "100/hour"?',
      '2.5/s': 'Did you mean "2.5/second"?',
      '100': 'Write for example "100/minute".',
      '100/minutes': 'Did you mean "100/minute"?',
      '600rpm': 'Did you mean "600/minute"?',
      '2.5 RPS': 'Did you mean "2.5/second"?',
      '100000tpm': 'Did you mean "100000/minute"?',
      '9 per days': 'Did you mean "9/day"?',
      '100/fortnight': undefined,
      '100rpx': undefined,
      '-1/min': undefined,
      '0/min': undefined,
      many: undefined,
    }
    for (const [text, suggestion] of Object.entries(table)) assert.equal(rateMeant(text).suggestion, suggestion, text)
  })

  it('lets an interval’s amount come at once, or what it is told; never less than one call', () => {
    assert.equal(rateOf('600/minute').burst, 600)
    assert.equal(rateOf('0.2/second').burst, 1)
    assert.equal(rateOf({ rate: '600/minute', burst: 20 }).burst, 20)
  })

  it('writes what reads back as the same rate', () => {
    const amount = fc.integer({ min: 1, max: 999_999_999_999_999 }).map((n) => n / 1000)
    const parts = {
      amount,
      perMs: fc.integer({ min: 1000, max: 86_400_000 }),
      burst: fc.double({ min: 1, max: 1e12, noNaN: true }),
    }
    const rate = fc.record(parts, { noNullPrototype: true })
    fc.assert(
      fc.property(rate, (rate) => {
        assert.deepEqual(parseRate(rateText(rate)), { amount: rate.amount, perMs: rate.perMs })
        assert.deepEqual(rateOf(rateOut(rate)), rate)
      }),
    )
    assert.equal(rateOut({ amount: 5, perMs: 3_600_000, burst: 5 }), '5/hour')
  })
})
