import { decisionTable, type RatioCheck } from '@astraapi/statistics'
import { chartOf } from './chart.ts'
import { narrow, wide } from './chart-frame.ts'
import { definitions } from './definitions.ts'
import type { Evaluation, ExperimentReport } from './experiment-json.ts'
import { type Child, el, type Markup } from './markup.ts'
import { metricChart } from './metric-chart.ts'
import { countText, numberText, pText, shareText, spanText, timeText } from './numbers.ts'
import { differenceText, intervalText, levelOf, marginText, shownText, valueText } from './telling.ts'

/** Each metric of one candidate: its words, its values, its interval at each look. */
export function metricSections(report: ExperimentReport, { candidate, analysis }: Evaluation, place: number): Markup {
  return el(
    'section',
    {},
    el('h2', {}, `${candidate} against ${report.control}`),
    analysis.metrics.map((result, index) => {
      const { metric, units } = result
      const chart = metricChart(report, candidate, result, `chart-${place}-${index}`)
      const role = metric.kind === 'success' ? 'success metric' : `guardrail, margin ${marginText(metric)}`
      return el(
        'article',
        { class: 'metric' },
        el('h3', {}, `${metric.name}: ${shownText(result)}`),
        el(
          'p',
          { class: 'small soft' },
          `${role}; ${metric.optimise === 'max' ? 'higher' : 'lower'} is better. ` +
            `${analysis.control}: ${valueText(metric, result.control)} of ${countText(units.control)}, ` +
            `${analysis.candidate}: ${valueText(metric, result.candidate)} of ${countText(units.candidate)}. ` +
            `Difference ${differenceText(result)}, ${levelOf(result)} interval ${intervalText(result)}.`,
        ),
        chart.points.length === 0
          ? el('p', { class: 'soft' }, 'No look was taken yet.')
          : el(
              'figure',
              {},
              el('div', { class: 'wide' }, chartOf(chart, wide)),
              el('div', { class: 'narrow' }, chartOf(chart, narrow)),
              el('figcaption', {}, chart.caption),
            ),
      )
    }),
  )
}

/** Cells of numbers stand to the right; a row's first cell is its heading. */
function table(caption: string, names: readonly string[], rows: readonly (readonly Child[])[], applied = -1): Markup {
  const isNumber = (at: number) => rows.every((row) => /^(-|[-+$]?[\d,.]+)$/.test(String(row[at])))
  const kind = (at: number) => (at > 0 && rows.length > 0 && isNumber(at) ? 'number' : undefined)
  const head = names.map((name, at) => el('th', { scope: 'col', class: kind(at) }, name))
  const body = rows.map((row, index) =>
    el(
      'tr',
      { class: index === applied ? 'applied' : undefined },
      row.map((cell, at) => el(at === 0 ? 'th' : 'td', at === 0 ? { scope: 'row' } : { class: kind(at) }, cell)),
    ),
  )
  const whole = el('table', {}, el('caption', {}, caption), el('thead', {}, el('tr', {}, head)), el('tbody', {}, body))
  return el('div', { class: 'scroll' }, whole)
}

export function armsSection({ arms, control }: ExperimentReport): Markup {
  const ms = (value: number | undefined) => (value === undefined ? '-' : numberText(value))
  const rows = arms.map(({ version, units, calls, failed, costUsd, latencyP50Ms, latencyP95Ms }) => [
    version,
    version === control ? 'control' : 'candidate',
    countText(units),
    countText(calls),
    countText(failed),
    ms(latencyP50Ms),
    ms(latencyP95Ms),
    costUsd === undefined ? '-' : `$${numberText(costUsd)}`,
  ])
  const names = ['version', 'arm', 'units', 'calls', 'failed', 'p50 ms', 'p95 ms', 'cost']
  return el(
    'section',
    {},
    el('h2', {}, 'Arms'),
    table('What each arm got, by the version it was assigned', names, rows),
  )
}

/** Over all arms, so any candidate's analysis tells the same. */
export function ratioSection({ evaluations: [first] }: ExperimentReport): Markup | undefined {
  if (first === undefined) return undefined
  const { sampleRatio, feedbackRatio } = first.analysis
  return el(
    'section',
    {},
    el('h2', {}, 'Can the comparison be trusted?'),
    ratioTable('Units by arm', sampleRatio, 'The arms got the units that they were to get'),
    ratioTable('Units with feedback', feedbackRatio, 'Feedback came equally from all arms'),
  )
}

/** Below it the experiment pauses. */
const suspicious = 0.001

function ratioTable(caption: string, { p, counts, expected }: RatioCheck, well: string): Markup {
  const rows = Object.entries(counts).map(([arm, n]) => [arm, countText(n), countText(Math.round(expected[arm] ?? 0))])
  const says = p < suspicious ? 'They did not, and decisions are held' : well
  return table(`${caption}. ${says} (${pText(p)}; below ${suspicious} it pauses).`, ['version', 'came', 'due'], rows)
}

export function epochSection({ epochs, ramp, step, status }: ExperimentReport): Markup {
  const shares = (all: Readonly<Record<string, number>>) => {
    const sum = Object.values(all).reduce((total, share) => total + share, 0)
    return Object.entries(all)
      .map(([version, share]) => `${version}: ${shareText(sum > 0 ? share / sum : 0)}`)
      .join(', ')
  }
  const rows = epochs.map(({ number, from, shares: parts }) => [String(number), timeText(from), shares(parts)])
  const steps = ramp.map(({ coverage, forMs }, index) => {
    const state = index < step ? 'done' : index > step ? 'to come' : status === 'draft' ? 'first' : 'present'
    return [String(index + 1), shareText(coverage), forMs === undefined ? 'until the end' : spanText(forMs), state]
  })
  return el(
    'section',
    {},
    el('h2', {}, 'Traffic'),
    table('Epochs: spans with unchanged shares of the units that take part', ['epoch', 'from', 'shares'], rows),
    ramp.length > 1
      ? table('Ramp: how many of all units take part', ['step', 'coverage', 'for', 'state'], steps, step)
      : undefined,
  )
}

export function historySection({ decisions }: ExperimentReport): Markup | undefined {
  if (decisions.length === 0) return undefined
  const lines = decisions.map(({ time, text, by }) =>
    el(
      'li',
      {},
      el('span', { class: 'soft small' }, `${timeText(time)}${by === undefined ? '' : `, by ${by}`}`),
      el('br', {}),
      text,
    ),
  )
  return el('section', {}, el('h2', {}, 'What was done'), el('ol', { class: 'plain' }, lines))
}

/** The one table of decisions, with the row that applied. */
export function rulesSection({ evaluations }: ExperimentReport): Markup {
  const said = evaluations.map(({ candidate, decision }) => `${candidate}: row ${decision.row}`).join('; ')
  const rows = decisionTable.map(({ order, action, rule }) => [String(order), action.replace('-', ' '), rule])
  const [first] = evaluations
  const applied = evaluations.length === 1 && first ? first.decision.row - 1 : -1
  const caption = `The first row that applies decides${said === '' ? '' : ` (${said})`}`
  return el('section', {}, el('h2', {}, 'How it was decided'), table(caption, ['row', 'action', 'when'], rows, applied))
}

export const definitionSection = (): Markup =>
  el(
    'section',
    {},
    el('h2', {}, 'Words'),
    el(
      'dl',
      { class: 'words' },
      definitions.map(([word, meaning]) => [el('dt', {}, word), el('dd', {}, meaning)]),
    ),
  )
