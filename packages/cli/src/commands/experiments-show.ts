import type { MetricResult } from '@astraapi/statistics'
import { columns } from '../columns.ts'
import { moneySpent } from '../money.ts'
import { percent, shortTime } from '../platform.ts'
import type { Arm, ExperimentJson } from '../report/experiment-json.ts'
import { statusText } from '../report/experiment-page.ts'
import { nextSteps } from '../report/next-step.ts'
import { countText } from '../report/numbers.ts'
import { differenceText, intervalText, levelOf, shownText, valueText } from '../report/telling.ts'
import { verdictTexts } from '../report/verdict-texts.ts'

/** An experiment for a terminal: the verdict first, then what it rests on, then what comes next. */
export function experimentLines(experiment: ExperimentJson, now: number): readonly string[] {
  const { evaluations, arms, control, status, since, by } = experiment
  const whose = by === undefined ? '' : ` by ${by}`
  const several = evaluations.length > 1
  const metrics = evaluations.flatMap(({ candidate, analysis }) =>
    analysis.metrics.map((result) => metricRow(result, several ? candidate : undefined)),
  )
  return [
    ...verdictTexts(experiment),
    ...table(metrics),
    ...table(arms.map((arm) => armRow(arm, control))),
    '',
    `${experiment.model}@${experiment.major}: ${statusText(status)} since ${shortTime(since)} UTC${whose}.`,
    ...nextSteps(experiment, now),
  ]
}

const table = (rows: Parameters<typeof columns>[0]): readonly string[] =>
  rows.length === 0 ? [] : ['', ...columns(rows)]

function metricRow(result: MetricResult, candidate: string | undefined) {
  const { metric, control, candidate: value } = result
  return {
    ...(candidate === undefined ? {} : { version: candidate }),
    metric: metric.name,
    control: valueText(metric, control),
    candidate: valueText(metric, value),
    difference: differenceText(result),
    interval: `${intervalText(result)}${result.estimate === null ? '' : ` (${levelOf(result)})`}`,
    says: shownText(result),
  }
}

function armRow({ version, units, calls, failed, latencyP50Ms, latencyP95Ms, costUsd }: Arm, control: string) {
  return {
    version,
    arm: version === control ? 'control' : 'candidate',
    units: countText(units),
    calls: countText(calls),
    failed: calls === 0 ? '0' : `${countText(failed)} (${percent(failed / calls)})`,
    'p50 ms': latencyP50Ms,
    'p95 ms': latencyP95Ms,
    cost: costUsd === undefined ? undefined : moneySpent(costUsd, 0),
  }
}
