import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { planDefaults } from '@astraapi/statistics'
import type { ExperimentState } from '../../kernel/experiment.ts'
import { sampleCall } from '../../stores/conformance/samples.ts'
import { Circuits } from './circuits.ts'

const experiment: ExperimentState = {
  ...{ model: 'spam', major: 1, control: '1.0', candidates: ['1.1'], shares: { '1.0': 1, '1.1': 1 } },
  ...{ ramp: [{ coverage: 1 }], attributionMs: 1, metrics: [], plan: planDefaults },
  progress: { status: 'running', startedAt: 1, since: 1, ranMs: 0, step: 0, epochs: [] },
}
const [asked] = sampleCall(1).attempts
const failure = (n: number) =>
  sampleCall(n, {
    ...{ outcome: 'failed', code: 'upstream_failed' },
    attempts: asked ? [{ ...asked, code: 'upstream_failed' }] : [],
    enrolment: { experiment: 'e', epoch: 1, arm: '1.1', unit: 'u', attributionMs: 1 },
  })
const failures = (calls: number) => ({
  '1.1': { calls, serverErrors: calls, recentFailures: Array.from({ length: Math.min(calls, 20) }, () => true) },
})

describe('the circuit of an arm, when the past comes late', () => {
  for (const [noted, stored, expected] of [
    [5, 5, 5],
    [5, 3, 5],
    [5, 9, 9],
    [0, 400, 400],
  ] as const) {
    it(`is ${expected} failures where ${noted} were seen and the store has ${stored}`, () => {
      const circuits = new Circuits()
      circuits.follow({ e: experiment }, false)
      for (let n = 0; n < noted; n++) circuits.note(failure(n))
      circuits.seed('e', failures(stored))
      circuits.seed('e', failures(1000))
      assert.deepEqual(circuits.of('e'), failures(expected))
    })
  }
})
