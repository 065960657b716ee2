import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ArmEvidence, analyse, decide, type Evidence, planDefaults, thresholdDefaults } from '@astraapi/statistics'
import { metricNamed } from '../control/manifest/metric-names.ts'
import type { RecordMetric } from '../kernel/experiment.ts'
import { UnitMoments } from '../stores/unit-moments.ts'

const plan = { ...planDefaults, minimalDurationMs: 0 }

/** What 150 units of one call an arm decide, and in the candidate one more that made a thousand, each `factor` times as dear. */
function decided(name: RecordMetric, kind: 'success' | 'guardrail', factor: number): string {
  const metric = metricNamed(name, kind, {}) ?? assert.fail()
  const { type } = metric
  assert.ok(type !== 'quantile')
  const arm = (heavy: readonly number[]): ArmEvidence => {
    const moments = new UnitMoments(type)
    for (let unit = 0; unit < 150; unit++) moments.add(0.5 + ((unit * 61) % 150) / 150, 1)
    for (const value of heavy) moments.add(1000 * value, 1000)
    return { assigned: 150 + heavy.length, withFeedback: 0, metrics: { [name]: moments.accumulator() } }
  }
  const evidence: Evidence = {
    control: '1.0',
    candidates: ['1.1'],
    elapsedMs: 1e9,
    circuit: {},
    epochs: [{ number: 1, shares: { '1.0': 0.5, '1.1': 0.5 }, arms: { '1.0': arm([]), '1.1': arm([factor]) } }],
  }
  return decide(analyse(evidence, [metric], plan), { ...thresholdDefaults, plan }).action
}

describe('a unit that calls a thousand times as often as the others', () => {
  for (const name of ['cost', 'tokens', 'latency', 'first-chunk'] as const) {
    it(`neither promotes by ${name} nor rolls back`, () => {
      assert.equal(decided(name, 'success', 0.7), 'hold')
      assert.equal(decided(name, 'guardrail', 1.6), 'hold')
    })
  }
})
