import type { MetricResult } from '@astraapi/statistics'
import type { Chart } from './chart.ts'
import type { CandidatePoint, Effect, Epoch, ExperimentReport } from './experiment-json.ts'
import { countText, levelText, spanText, timeText } from './numbers.ts'
import { effectTelling, marginPlace, marginText, noEffect } from './telling.ts'

/** The chart of one metric of one candidate. */
export function metricChart(report: ExperimentReport, candidate: string, result: MetricResult, id: string): Chart {
  const { metric, scale, alpha } = result
  const history = looksOf(report, candidate)
  const { times, unit } = effectTelling(metric, scale)
  const told = (value: number | null) => (value === null ? null : Number((value * times).toPrecision(12)))
  const along = axisOf(history)
  const points = history.map((point) => {
    const { estimate, lower, upper }: Effect = point.metrics[metric.name] ?? noEffect
    return { x: along.of(point), estimate: told(estimate), lower: told(lower), upper: told(upper) }
  })
  const margin = marginPlace(result)
  const relation = scale === 'relative' ? `${candidate} over ${report.control}` : `${candidate} minus ${report.control}`
  return {
    id,
    title: `${metric.name}: ${candidate} against ${report.control}, with its ${levelText(alpha)} interval at each look`,
    description: descriptionOf(result, history),
    points,
    xLabel: along.label,
    yLabel: `${relation}${unit === '' ? '' : `, ${unit}`}; ${metric.optimise === 'max' ? 'up' : 'down'} is better`,
    caption: captionOf(result, margin !== undefined),
    marks: [...epochMarks(report.epochs, history, along.of), ...endMark(report, history, along.of)],
    ...(margin === undefined
      ? {}
      : { margin: { at: margin * times, text: `margin ${marginText(metric)}`, harmAbove: metric.optimise === 'min' } }),
  }
}

interface Look extends CandidatePoint {
  readonly time: string
}

const looksOf = ({ history }: ExperimentReport, candidate: string): readonly Look[] =>
  history.flatMap(({ time, candidates }) => {
    const point = Object.hasOwn(candidates, candidate) ? candidates[candidate] : undefined
    return point === undefined ? [] : [{ time, ...point }]
  })

interface Along {
  readonly of: (point: Look) => number
  readonly label: string
}

/** Units, or seconds where no unit came between the looks. */
function axisOf(history: readonly Look[]): Along {
  const [first] = history
  const last = history.at(-1)
  if (first === undefined || last === undefined || history.length === 1 || last.units > first.units) {
    return { of: ({ units }) => units, label: `units of both arms${clockRange(first, last)}` }
  }
  const begin = Date.parse(first.time)
  return { of: ({ time }) => (Date.parse(time) - begin) / 1000, label: 'seconds since the first look' }
}

const clockRange = (first: Look | undefined, last: Look | undefined): string =>
  first === undefined || last === undefined || first === last
    ? ''
    : `, ${first.time.slice(11, 19)} to ${last.time.slice(11, 19)}`

function descriptionOf({ words, units }: MetricResult, history: readonly Look[]): string {
  const [first] = history
  const last = history.at(-1)
  if (first === undefined || last === undefined) return `No look was taken yet. ${words}.`
  const looks = `${countText(history.length)} ${history.length === 1 ? 'look' : 'looks'}`
  const all = units.control + units.candidate
  const span = spanText(Math.max(0, Date.parse(last.time) - Date.parse(first.time)))
  return `${looks} over ${span}, the last at ${timeText(last.time)}. ${words}, from ${countText(all)} values.`
}

function captionOf({ alpha, metric }: MetricResult, hasMargin: boolean): string {
  const line = `Line: the difference as estimated at each look. Band: its ${levelText(alpha)} interval, which may leave the picture at the beginning.`
  return hasMargin
    ? `${line} Hatched: ${metric.kind === 'guardrail' ? 'worse than the margin allows' : 'worse'}.`
    : line
}

type Place = (point: Look) => number

/** The first epoch begins with the picture. */
function epochMarks(epochs: readonly Epoch[], history: readonly Look[], of: Place): Chart['marks'] {
  return epochs.slice(1).flatMap(({ number, from }) => {
    const before = history.findLast(({ time }) => Date.parse(time) <= Date.parse(from))
    return before === undefined ? [] : [{ x: of(before), text: `epoch ${number}` }]
  })
}

const ends: Readonly<Partial<Record<ExperimentReport['status'], string>>> = {
  promoted: 'promoted',
  rolled_back: 'rolled back',
  inconclusive: 'ended',
  stopped: 'stopped',
  paused: 'paused',
}

function endMark({ status }: ExperimentReport, history: readonly Look[], of: Place): Chart['marks'] {
  const last = history.at(-1)
  const text = ends[status]
  return last === undefined || text === undefined ? [] : [{ x: of(last), text }]
}
