import type { Clock } from '../../kernel/clock.ts'
import type { Evaluation, EvaluationReport, EvaluationRun } from '../../kernel/evaluation.ts'
import { Evaluations } from '../evaluations/evaluations.ts'

/** Evaluations in memory whose every run is noted in `runs`, and comes to the same report. */
export function fakeEvaluations(clock: Clock, runs: EvaluationRun[]): Evaluations {
  const kept = new Map<string, Evaluation>()
  return new Evaluations({
    clock,
    evaluate: async (run) => {
      runs.push(run)
      return { ...fakeReport, kind: run.kind }
    },
    store: {
      save: async (evaluation) => void kept.set(evaluation.id, evaluation),
      evaluation: async (id) => kept.get(id),
      remove: async (id) => kept.delete(id),
      list: async () => [...kept.values()].map(({ report: _, ...row }) => row).toReversed(),
    },
    failed: () => {},
  })
}

const version = { version: '1.1', digest: 'sha256:1', answered: 2, failed: {}, usageEstimated: false, unpriced: 0 }

export const fakeReport: EvaluationReport = {
  ...{ kind: 'eval', model: 'spam', major: 1, cases: 2, asked: 2, startedAt: 1, durationMs: 2, verdict: 'well' },
  version: { ...version, measures: { accuracy: { value: 0.5, n: 2, lower: 0.01, upper: 0.99 } } },
  differences: {},
  disagreements: [
    { case: '2', distance: 1, call: 'call-2', input: '{"text":"b"}', expected: '"spam"', answered: '{"label":"ham"}' },
  ],
}
