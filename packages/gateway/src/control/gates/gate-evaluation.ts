import { countWords } from '@astraapi/statistics'
import { contractName } from '../../kernel/contract-name.ts'
import type { BoundOutcome, Evaluation, EvaluationReport } from '../../kernel/evaluation.ts'
import { casesText } from '../evaluations/verdict.ts'
import type { GateRun } from './gate-runs.ts'

/** What a gate came to, as an evaluation that can be looked into: the version that it refused is deployed nowhere. */
export function gateEvaluation(
  { model, major, version, gate, set, incumbent }: GateRun,
  made: Pick<Evaluation, 'id' | 'time' | 'by'> & {
    readonly report: EvaluationReport
    readonly bounds: readonly BoundOutcome[]
  },
): Evaluation {
  const { report } = made
  const of = report.cases < set.cases ? `${countWords(report.cases)} of ` : ''
  const cases = `${of}${casesText(set.cases)} of the set "${gate.data}"`
  return {
    ...{ ...made, kind: 'eval', model, major, version, require: gate.require, cases: report.cases, notes: [] },
    ...(incumbent ? { against: incumbent.id } : {}),
    source: `gate of ${contractName(model, major)}: ${cases}`,
    set: gate.data,
    status: report.partial === 'cancelled' ? 'cancelled' : 'done',
    startedAt: report.startedAt,
    endedAt: made.time,
  }
}
