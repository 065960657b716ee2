import { type EvaluationJson, measureRows, referenceText } from './evaluation-json.ts'
import { type Child, el, type Markup } from './markup.ts'
import { countText, shareText, spanText, timeText } from './numbers.ts'
import { pageStyle } from './page-style.ts'
import { pageTable } from './page-table.ts'

/** The report on an evaluation as one HTML file that needs nothing else, as that on an experiment. */
export function evaluationPage(evaluation: EvaluationJson, now: number): string {
  const { model, major, version, report } = evaluation
  const title = `${model}@${major} ${version}: ${evaluation.kind === 'eval' ? 'evaluation' : 'replay'}`
  const policy = { 'http-equiv': 'Content-Security-Policy', content: "default-src 'none'; style-src 'unsafe-inline'" }
  const page = el(
    'html',
    { lang: 'en', xmlns: 'http://www.w3.org/1999/xhtml' },
    el(
      'head',
      {},
      el('meta', { charset: 'utf-8' }),
      el('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      // Whatever a case says, nothing is fetched and nothing is run.
      el('meta', policy),
      el('title', {}, title),
      el('style', {}, { markup: pageStyle }),
    ),
    el(
      'body',
      {},
      el(
        'main',
        {},
        headOf(evaluation, title),
        el('div', { class: `verdict ${look(evaluation)}` }, el('p', {}, report?.verdict ?? 'There is no report.')),
        factsOf(evaluation),
        evaluation.notes.map((note) => el('p', { class: 'soft' }, note)),
        sections(evaluation),
        el('footer', {}, `Written by astraapi at ${timeText(new Date(now).toISOString())}. All times are UTC.`),
      ),
    ),
  )
  return `<!doctype html>\n${page.markup}\n`
}

function look({ passed, report }: EvaluationJson): string {
  if (passed !== undefined) return passed ? 'good' : 'bad'
  const shown = report?.differences.accuracy?.shown
  return shown === 'better' ? 'good' : shown === 'worse' ? 'bad' : 'calm'
}

function headOf(evaluation: EvaluationJson, title: string): Markup {
  const { passed, bounds = [], status, against, source } = evaluation
  const word = bounds.length > 0 && passed !== undefined ? (passed ? 'passed' : 'not passed') : status
  return el(
    'header',
    {},
    el('h1', {}, title),
    el('p', { class: 'soft' }, against === undefined ? source : `${source}, against ${against}`),
    el('span', { class: `status ${look(evaluation)}` }, word),
  )
}

function factsOf({ id, time, report }: EvaluationJson): Child {
  if (!report) return undefined
  const { version, asked, durationMs } = report
  const failed = Object.values(version.failed).reduce((sum, n) => sum + n, 0)
  const facts: readonly (readonly [string, string])[] = [
    ['Cases asked', countText(asked)],
    ['Failed', countText(failed)],
    ['Took', spanText(durationMs)],
    ['Asked for', time.slice(0, 16).replace('T', ' ')],
  ]
  return [
    el(
      'dl',
      { class: 'facts' },
      facts.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))),
    ),
    el('p', { class: 'soft small' }, `Evaluation ${id}. Every call of it has a Record with this reference.`),
  ]
}

function sections({ report, bounds = [] }: EvaluationJson): Child {
  if (!report) return undefined
  const { version, against } = report
  const other = against?.version ?? 'other'
  const reference = capitalised(referenceText(report))
  const { labels = [], confusion = [] } = version
  const share = (value: number | undefined) => (value === undefined ? '-' : shareText(value))
  return [
    section('What was required', {
      caption: 'Held against the figures.',
      names: ['Outcome', 'Bound'],
      rows: bounds.map(({ outcome, words }) => [outcome, words]),
    }),
    section('Measures', {
      caption: 'Intervals are 95 % confidence sequences: they hold for an evaluation that ended early, too.',
      names: ['Measure', version.version, 'Interval', other, 'Difference', 'Its interval', 'Shown'],
      rows: measureRows(report).map((row) => Object.values(row)),
    }),
    section('Labels', {
      caption: `Of ${version.version}.`,
      names: ['Label', reference, 'Answered', 'Right', 'Precision', 'Recall'],
      rows: labels.map(({ label, expected, answered, right, precision, recall }) => [
        label,
        ...[expected, answered, right].map(countText),
        share(precision),
        share(recall),
      ]),
    }),
    section('Which label was taken for which', {
      caption: `Of ${version.version}.`,
      names: [reference, 'Answered', 'Cases'],
      rows: confusion.map(({ expected, answered, cases }) => [expected, answered, countText(cases)]),
    }),
    section('Failures', {
      caption: 'By error code.',
      names: ['Version', 'Code', 'Cases'],
      rows: [version, ...(against ? [against] : [])].flatMap((one) =>
        Object.entries(one.failed).map(([code, cases]) => [one.version, code, countText(cases)]),
      ),
    }),
    section('Where it was off', {
      caption: `The worst cases: first those in which ${other} was right, then by distance.`,
      names: ['Case', 'Distance', 'Expected', `${version.version} said`, `${other} said`, 'Input', 'Call'],
      rows: report.disagreements.map((one) => [
        one.case ?? '',
        String(Number(one.distance.toFixed(3))),
        one.expected ?? '-',
        one.code ?? one.answered ?? '-',
        one.answeredAgainst ?? '-',
        one.input ?? '-',
        one.call ?? '-',
      ]),
    }),
  ]
}

function section(title: string, table: Parameters<typeof pageTable>[0]): Child {
  return table.rows.length === 0 ? undefined : [el('h2', {}, title), pageTable(table)]
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
