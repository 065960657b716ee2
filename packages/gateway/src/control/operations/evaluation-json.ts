import type { Evaluation, EvaluationProgress, EvaluationReport } from '../../kernel/evaluation.ts'
import { withoutQuotes } from '../evaluations/without-quotes.ts'
import { isoTime } from './schemas.ts'
import { withoutUndefined } from './without-undefined.ts'

export function evaluationJson(
  evaluation: Evaluation,
  progress: EvaluationProgress | undefined,
  mayReadPayloads: boolean,
) {
  const { report, ...row } = evaluation
  return { ...evaluationRowJson(row, progress), ...(report ? { report: reportJson(report, mayReadPayloads) } : {}) }
}

export function evaluationRowJson(row: Omit<Evaluation, 'report'>, progress: EvaluationProgress | undefined) {
  const { time, startedAt, endedAt, major, bounds = [] } = row
  const required = bounds.length > 0
  return withoutUndefined({
    ...row,
    major: `v${major}`,
    time: isoTime(time),
    startedAt: startedAt === undefined ? undefined : isoTime(startedAt),
    endedAt: endedAt === undefined ? undefined : isoTime(endedAt),
    // Of one that was cancelled nothing is said.
    passed: required && row.status === 'done' ? bounds.every(({ outcome }) => outcome !== 'failed') : undefined,
    progress,
  })
}

function reportJson(report: EvaluationReport, mayReadPayloads: boolean) {
  const { version, against, asked, partial, durationMs, differences, verdict } = report
  const { disagreements } = mayReadPayloads ? report : withoutQuotes(report)
  return withoutUndefined({
    ...{ version, against, asked, partial, durationMs, differences, verdict },
    disagreements,
  })
}
