import { decisionTable, type FeedbackCheck, type RatioCheck } from '@astraapi/statistics'
import { appliedRows } from './applied-rows.ts'
import { definitions } from './definitions.ts'
import type { ExperimentReport } from './experiment-json.ts'
import { el, type Markup } from './markup.ts'
import { countText, numberText, pText, shareText, spanText, timeText } from './numbers.ts'
import { pageTable } from './page-table.ts'

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
    pageTable({ caption: 'What each arm got, by the version it was assigned', names, rows }),
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
    first.analysis.metrics.map(
      ({ metric, feedback }) =>
        feedback && ratioTable(`Units with ${metric.name}`, feedback, 'Its values came equally from all arms'),
    ),
  )
}

/** Below it the experiment pauses. */
const suspicious = 0.001

function ratioTable(caption: string, check: RatioCheck | FeedbackCheck, well: string): Markup {
  const { p, counts, expected } = check
  const units = 'units' in check ? check.units : undefined
  const rows = Object.entries(counts).map(([arm, n]) => [
    arm,
    countText(n),
    countText(Math.round(expected[arm] ?? 0)),
    ...(units ? [countText((units[arm] ?? 0) - n)] : []),
  ])
  const says = p < suspicious ? 'That is not so, and decisions are held' : well
  const told = `${caption}. ${says} (${pText(p)}; below ${suspicious} it pauses).`
  const isEmpty = Object.values(counts).every((n) => n === 0)
  return isEmpty
    ? el('p', {}, `${caption}: none yet.`)
    : pageTable({ caption: told, names: ['version', 'came', 'due', ...(units ? ['without'] : [])], rows })
}

export function epochSection({ epochs, ramp, step, status }: ExperimentReport): Markup {
  const shares = (all: Readonly<Record<string, number>>) => {
    const sum = Object.values(all).reduce((total, share) => total + share, 0)
    return Object.entries(all)
      .map(([version, share]) => `${version}: ${shareText(sum > 0 ? share / sum : 0)}`)
      .join(', ')
  }
  const rows = epochs.map(({ number, from, shares: parts, units }) => [
    String(number),
    timeText(from),
    shares(parts),
    units === undefined ? '-' : countText(units),
  ])
  const steps = ramp.map(({ coverage, forMs }, index) => {
    const state = index < step ? 'done' : index > step ? 'to come' : status === 'draft' ? 'first' : 'present'
    return [String(index + 1), shareText(coverage), forMs === undefined ? 'until the end' : spanText(forMs), state]
  })
  return el(
    'section',
    {},
    el('h2', {}, 'Traffic'),
    pageTable({
      caption: 'Epochs: spans with unchanged shares of the units that take part',
      names: ['epoch', 'from', 'shares', 'new units'],
      rows,
    }),
    ramp.length > 1
      ? pageTable({
          caption: 'Ramp: how many of all units take part',
          names: ['step', 'coverage', 'for', 'state'],
          rows: steps,
          marked: step,
        })
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
export function rulesSection(report: ExperimentReport): Markup {
  const rows = decisionTable.map(({ order, action, rule }) => [String(order), action.replace('-', ' '), rule])
  const applied = appliedRows(report)
  const said = applied.map(({ candidate, row }) => `${candidate}: row ${row}`).join('; ')
  const caption = `The first row that applies decides${said === '' ? '' : ` (${said})`}`
  const [first, second] = applied
  const marked = first !== undefined && second === undefined ? first.row - 1 : -1
  return el(
    'section',
    {},
    el('h2', {}, 'How it was decided'),
    pageTable({ caption, names: ['row', 'action', 'when'], rows, marked }),
  )
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
