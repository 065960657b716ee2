import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Progress } from '../../kernel/experiment.ts'
import { nextStepInMs, runningMs, stepDue } from './running-time.ts'

const progress = (over: Partial<Progress>): Progress => ({
  ...{ status: 'running', since: 1000, ranMs: 500, step: 0, epochs: [] },
  ...over,
})

test('running time leaves pauses out, and never shrinks', () => {
  assert.equal(runningMs(progress({}), 1700), 1200)
  assert.equal(runningMs(progress({}), 1), 500)
  assert.equal(runningMs(progress({ status: 'paused' }), 9000), 500)
})

test('a ramp goes on by running time; its last step stays, and so does one without an end', () => {
  const ramp = [{ coverage: 0.01, forMs: 10 }, { coverage: 0.1, forMs: 20 }, { coverage: 1 }]
  assert.deepEqual(
    [0, 9, 10, 29, 30, 1e9].map((ms) => stepDue(ramp, ms)),
    [0, 0, 1, 1, 2, 2],
  )
  assert.deepEqual(
    [0, 1, 2].map((step) => nextStepInMs(ramp, step, 4)),
    [6, 26, undefined],
  )
  assert.equal(stepDue([{ coverage: 0.5 }, { coverage: 1 }], 1e9), 0)
  assert.equal(stepDue([{ coverage: 1 }], 0), 0)
})
