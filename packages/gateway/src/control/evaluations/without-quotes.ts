import type { EvaluationReport } from '../../kernel/evaluation.ts'

/** A report that tells its worst cases by distance and call alone: ids, inputs and answers may be what people wrote. */
export function withoutQuotes(report: EvaluationReport): EvaluationReport {
  const disagreements = report.disagreements.map(
    ({ case: _, input: __, expected: ___, answered: ____, answeredAgainst: _____, ...rest }) => rest,
  )
  return { ...report, disagreements }
}
