import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Progress } from '../../kernel/experiment.ts'
import { runningMs, type StepRan, seenMs, stepEndsInMs, stepRan } from './running-time.ts'

const progress = (over: Partial<Progress>): Progress => ({
  ...{ status: 'running', since: 1000, ranMs: 500, step: 0, epochs: [] },
  ...over,
})

test('running time leaves pauses out, and never shrinks', () => {
  assert.equal(runningMs(progress({}), 1700), 1200)
  assert.equal(runningMs(progress({}), 1), 500)
  assert.equal(runningMs(progress({ status: 'paused' }), 9000), 500)
})

test('of running time counts what evaluations saw, and of a gap a little', () => {
  const gapMaxMs = 30
  const seen = (time: number, elapsedMs: number) => ({ gapMaxMs, before: { time, elapsedMs } })
  assert.equal(seenMs(progress({}), 1010, { gapMaxMs }), 510)
  assert.equal(seenMs(progress({}), 90_000, { gapMaxMs }), 530, 'the gateway was down')
  assert.equal(seenMs(progress({}), 1020, seen(1010, 510)), 520)
  assert.equal(seenMs(progress({}), 90_000, seen(1010, 510)), 540)
  assert.equal(seenMs(progress({ since: 2000 }), 2010, seen(1010, 510)), 520, 'resumed at 2000')
  assert.equal(seenMs(progress({ status: 'paused' }), 90_000, seen(1010, 510)), 510)
  assert.equal(seenMs(progress({}), 500, seen(1010, 510)), 510, 'a clock that was set back')
})

test('a step lasts its own time; the last stays, and so does one without an end', () => {
  const ramp = [{ coverage: 0.01, forMs: 10 }, { coverage: 0.1, forMs: 20 }, { coverage: 1 }]
  const endsIn = (step: number, ranMs: number) => stepEndsInMs(ramp, { step, ranMs })
  assert.deepEqual([endsIn(0, 0), endsIn(0, 9), endsIn(0, 11), endsIn(1, 11)], [10, 1, 0, 9])
  assert.equal(endsIn(2, 1e9), undefined)
  assert.equal(stepEndsInMs([{ coverage: 0.5 }, { coverage: 1 }], { step: 0, ranMs: 1e9 }), undefined)
})

test('of a step counts what evaluations saw: neither pauses nor what came before it, and of a gap a little', () => {
  const gapMaxMs = 30
  const seen = (time: number, ran?: StepRan) => ({
    gapMaxMs,
    before: { time, elapsedMs: 0, ...(ran ? { stepRan: ran } : {}) },
  })
  assert.deepEqual(stepRan(progress({}), 1010, { gapMaxMs }), { step: 0, ranMs: 10 })
  assert.deepEqual(stepRan(progress({}), 9000, { gapMaxMs }), { step: 0, ranMs: 30 })
  assert.deepEqual(stepRan(progress({}), 1030, seen(1010, { step: 0, ranMs: 10 })), { step: 0, ranMs: 30 })
  assert.deepEqual(stepRan(progress({ step: 1 }), 1030, seen(1010, { step: 0, ranMs: 10 })), { step: 1, ranMs: 20 })
  // Resumed at 1000, after an evaluation before the pause.
  assert.deepEqual(stepRan(progress({}), 1005, seen(900, { step: 0, ranMs: 10 })), { step: 0, ranMs: 15 })
  assert.deepEqual(stepRan(progress({ status: 'paused' }), 1020, seen(900, { step: 0, ranMs: 10 })).ranMs, 10)
  // A clock that was set back.
  assert.deepEqual(stepRan(progress({}), 500, seen(1010, { step: 0, ranMs: 10 })).ranMs, 10)
})
