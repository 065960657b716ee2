import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AstraError } from '../../kernel/errors.ts'
import { type AttemptEnd, attemptEndOf, attemptEnds } from './attempt-end.ts'
import { mayRetry } from './may-retry.ts'

const first = { attempts: 1, repeated: false, chunkOut: false, repeatable: true }

test('how an attempt ended, by its error', () => {
  const ends: readonly [AttemptEnd, AstraError | undefined][] = [
    ['answered', undefined],
    ['busy', new AstraError('upstream_unavailable', { retryAfterMs: 1000 })],
    ['unreached', new AstraError('upstream_unavailable')],
    ['unanswered', new AstraError('upstream_failed', { unanswered: true })],
    ['failed', new AstraError('upstream_failed')],
    ['late', new AstraError('timeout')],
    ['left', new AstraError('cancelled')],
    ['other', new AstraError('invalid_input')],
    ['refused', new AstraError('upstream_failed', { unspent: true })],
    ['misshapen', new AstraError('invalid_output')],
    ['misput', new AstraError('invalid_output', { unspent: true })],
    ['stalled', new AstraError('upstream_stalled')],
    ['other', new AstraError('internal')],
  ]
  for (const [end, error] of ends) assert.equal(attemptEndOf(error), end)
})

test('after a first attempt: where nothing ran always, where it may have run only what may be repeated', () => {
  const allowed = (repeatable: boolean) =>
    (Object.keys(attemptEnds) as AttemptEnd[]).filter((end) => mayRetry(end, { ...first, repeatable }))
  assert.deepEqual(allowed(true), ['busy', 'unreached', 'unanswered', 'stalled', 'failed', 'refused'])
  assert.deepEqual(allowed(false), ['busy', 'unreached'])
})

test('never after a chunk, after the one repeat, or a third attempt', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...(Object.keys(attemptEnds) as AttemptEnd[])),
      fc.record({
        attempts: fc.integer({ min: 1, max: 9 }),
        repeated: fc.boolean(),
        chunkOut: fc.boolean(),
        repeatable: fc.boolean(),
      }),
      (end, soFar) => {
        if (soFar.chunkOut || soFar.repeated || soFar.attempts >= 3) assert.equal(mayRetry(end, soFar), false)
        else assert.equal(mayRetry(end, soFar), mayRetry(end, { ...first, repeatable: soFar.repeatable }))
      },
    ),
  )
})
