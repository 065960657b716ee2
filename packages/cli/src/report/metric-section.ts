import type { MetricResult } from '@astraapi/statistics'
import { type Chart, chartOf } from './chart.ts'
import { narrow, wide } from './chart-frame.ts'
import type { Evaluation, ExperimentReport } from './experiment-json.ts'
import { el, type Markup } from './markup.ts'
import { metricChart } from './metric-chart.ts'
import { countText } from './numbers.ts'
import { differenceText, intervalText, levelOf, marginText, shownText, valueText } from './telling.ts'

/** Each metric of one candidate: its words, its values, its interval at each look. `place` tells candidates apart. */
export function metricSection(report: ExperimentReport, { candidate, analysis }: Evaluation, place: number): Markup {
  return el(
    'section',
    {},
    el('h2', {}, `${candidate} against ${report.control}`),
    analysis.metrics.map((result, index) => {
      const chart = metricChart(report, candidate, result, `chart-${place}-${index}`)
      return el(
        'article',
        { class: 'metric' },
        el('h3', {}, `${result.metric.name}: ${shownText(result)}`),
        el('p', { class: 'small soft' }, `${roleText(result)}. ${valuesText(result, analysis)}`),
        isDrawn(chart) ? figureOf(chart) : undefined,
      )
    }),
    // What breaks a circuit is not a metric.
    analysis.metrics.length === 0 ? el('p', {}, 'It was decided by its calls alone, before any metric.') : undefined,
  )
}

function roleText({ metric }: MetricResult): string {
  const role = metric.kind === 'success' ? 'Success metric' : `Guardrail, margin ${marginText(metric)}`
  return `${role}; ${metric.optimise === 'max' ? 'higher' : 'lower'} is better`
}

function valuesText(result: MetricResult, { control, candidate }: Evaluation['analysis']): string {
  const { metric, units } = result
  if (units.control + units.candidate === 0) return 'Nothing to compare yet.'
  const values = [
    `${control}: ${valueText(metric, result.control)} of ${countText(units.control)}`,
    `${candidate}: ${valueText(metric, result.candidate)} of ${countText(units.candidate)}`,
  ].join(', ')
  if (result.estimate === null) return `${values}.`
  return `${values}. Difference ${differenceText(result)}, ${levelOf(result)} interval ${intervalText(result)}.`
}

const isDrawn = ({ points }: Chart): boolean =>
  points.some(({ estimate, lower, upper }) => estimate !== null || lower !== null || upper !== null)

const figureOf = (chart: Chart): Markup =>
  el(
    'figure',
    {},
    el('div', { class: 'wide' }, chartOf(chart, wide)),
    el('div', { class: 'narrow' }, chartOf(chart, narrow)),
    el('figcaption', {}, chart.caption),
  )
