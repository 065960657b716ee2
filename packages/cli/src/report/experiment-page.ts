import type { ExperimentReport, Status } from './experiment-json.ts'
import { el, type Markup } from './markup.ts'
import { metricSection } from './metric-section.ts'
import { nextSteps } from './next-step.ts'
import { countText, levelText, shareText, spanText, timeText } from './numbers.ts'
import { pageStyle } from './page-style.ts'
import { armsSection, definitionSection, epochSection, historySection, ratioSection, rulesSection } from './sections.ts'
import { verdictTexts } from './verdict-texts.ts'

/** The report on an experiment as one HTML file that needs nothing else: no script, no font, no picture from elsewhere. */
export function experimentPage(report: ExperimentReport, now: number): string {
  const { name, evaluations } = report
  const page = el(
    'html',
    { lang: 'en', xmlns: 'http://www.w3.org/1999/xhtml' },
    el(
      'head',
      {},
      el('meta', { charset: 'utf-8' }),
      el('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      // Whatever a name or a reason says, nothing is fetched and nothing is run.
      el('meta', { 'http-equiv': 'Content-Security-Policy', content: "default-src 'none'; style-src 'unsafe-inline'" }),
      el('title', {}, `${name}: ${words[report.status].text}`),
      el('style', {}, { markup: pageStyle }),
    ),
    el(
      'body',
      {},
      el(
        'main',
        {},
        headOf(report),
        verdictsOf(report),
        factsOf(report),
        nextOf(report, now),
        evaluations.map((evaluation, place) => metricSection(report, evaluation, place)),
        armsSection(report),
        ratioSection(report),
        epochSection(report),
        historySection(report),
        rulesSection(report),
        definitionSection(),
        el('footer', {}, `Written by astraapi at ${timeText(new Date(now).toISOString())}. All times are UTC.`),
      ),
    ),
  )
  return `<!doctype html>\n${page.markup}\n`
}

const words: Readonly<Record<Status, { readonly text: string; readonly className: string }>> = {
  draft: { text: 'draft', className: 'calm' },
  running: { text: 'running', className: 'wait' },
  paused: { text: 'paused', className: 'wait' },
  promoted: { text: 'promoted', className: 'good' },
  rolled_back: { text: 'rolled back', className: 'bad' },
  inconclusive: { text: 'inconclusive', className: 'calm' },
  stopped: { text: 'stopped', className: 'calm' },
}

/** A status for people: "rolled back". */
export const statusText = (status: Status): string => words[status].text

function headOf({ name, model, major, control, candidates, status, description }: ExperimentReport): Markup {
  const { text, className } = words[status]
  return el(
    'header',
    {},
    el('h1', {}, name),
    el('p', { class: 'soft' }, `${model}@${major}: ${candidates.join(', ')} against ${control}`),
    description === undefined ? undefined : el('p', {}, description),
    el('span', { class: `status ${className}` }, text),
  )
}

function verdictsOf(report: ExperimentReport): Markup {
  return el(
    'div',
    { class: `verdict ${words[report.status].className}` },
    verdictTexts(report).map((text) => el('p', {}, text)),
  )
}

function factsOf({ arms, elapsedMs, plan, startedAt, ramp, step, attributionMs }: ExperimentReport): Markup {
  const facts: readonly (readonly [string, string])[] = [
    ['Units', countText(arms.reduce((sum, { units }) => sum + units, 0))],
    ['Running time', elapsedMs > 0 ? spanText(elapsedMs) : '-'],
    ['Began', startedAt === undefined ? '-' : startedAt.slice(0, 16).replace('T', ' ')],
    ['Takes part', shareText(ramp[step]?.coverage ?? 0)],
    ['Attribution window', spanText(attributionMs)],
    ['Rule', plan.rule],
    ['Intervals', levelText(plan.alpha)],
    ['Sized for', `${countText(plan.expectedUnits)} units`],
  ]
  return el(
    'dl',
    { class: 'facts' },
    facts.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))),
  )
}

const nextOf = (report: ExperimentReport, now: number): readonly Markup[] =>
  nextSteps(report, now).map((sentence) => el('p', { class: 'soft' }, sentence))
