import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { durationOf, momentOf } from './moments.ts'

const now = Date.UTC(2026, 10, 22, 12)

test('moments are so long ago, or ISO 8601', () => {
  for (const [text, ms] of [
    ['90s', now - 90_000],
    ['30m', now - 1_800_000],
    ['2d', now - 172_800_000],
    ['1w', now - 604_800_000],
    ['999999w', 0],
    ['2026-11-22', Date.UTC(2026, 10, 22)],
    ['2026-11-22T11:30+01:00', Date.UTC(2026, 10, 22, 10, 30)],
    ['2026-11-22T10:30:00.5Z', Date.UTC(2026, 10, 22, 10, 30, 0, 500)],
  ] as const) {
    assert.equal(momentOf(text, now, 'since'), ms, text)
  }
})

test('every moment as ISO text is read back', () => {
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }), (date) => {
      assert.equal(momentOf(date.toISOString(), now, 'since'), date.getTime())
    }),
  )
})

test('anything else is refused, naming the field', () => {
  for (const text of [
    '',
    '1',
    'h',
    '1.5h',
    '-1h',
    '1h ',
    '1y',
    '2026',
    '2026-13-01',
    '2026-11-22T12:00',
    'Nov 22 2026',
  ]) {
    assert.throws(() => momentOf(text, now, 'until'), { code: 'invalid_input', message: /^until must be/ }, text)
  }
  assert.equal(durationOf('15m', 'every'), 900_000)
  assert.throws(() => durationOf('2026-11-22', 'every'), { code: 'invalid_input', message: /^every must be/ })
})
