import type { EvaluationJson } from '../evaluation-json.ts'

const sides = { failed: {}, usageEstimated: false, unpriced: 0, answered: 100 }

/** Of two versions; one of its cases would like to be markup. */
export const evaluationFixture: EvaluationJson & { readonly report: NonNullable<EvaluationJson['report']> } = {
  ...{ id: '019aab00-0000-7000-8000-000000000001', time: '2026-11-23T11:00:00.000Z', status: 'done', kind: 'eval' },
  ...{ model: 'spam', major: 'v1', version: '1.1', against: '1.0', source: '100 cases of the request', cases: 100 },
  passed: true,
  bounds: [{ outcome: 'passed', words: 'accuracy 98 % is at least 95 %' }],
  notes: [],
  report: {
    version: {
      ...{ ...sides, version: '1.1' },
      measures: {
        accuracy: { value: 0.98, n: 100, lower: 0.92, upper: 0.998 },
        'latency-p95': { value: 12.5, n: 100 },
        cost: { value: 0.002, n: 100 },
      },
      labels: [{ label: 'ham', expected: 60, answered: 60, right: 59, precision: 0.983, recall: 0.983 }],
      confusion: [{ expected: 'ham', answered: 'spam', cases: 1 }],
    },
    against: {
      ...{ ...sides, version: '1.0' },
      measures: {
        accuracy: { value: 0.9, n: 100 },
        'latency-p95': { value: 11.1, n: 100 },
        cost: { value: 0.001, n: 100 },
      },
    },
    ...{ asked: 100, durationMs: 1234, verdict: '1.1 agrees with the truth on 98 of 100 cases.' },
    differences: {
      accuracy: { value: 0.08, n: 100, lower: 0.01, upper: 0.15, shown: 'better' },
      cost: { value: 0.001, n: 100 },
    },
    disagreements: [
      {
        case: '7',
        distance: 1,
        call: 'call-7',
        input: '"<script>alert(1)</script>"',
        expected: '"ham"',
        answered: '"spam"',
      },
    ],
  },
}
