import { money } from '../money.ts'
import { countText, numberText, shareText, signedText } from './numbers.ts'

/** An evaluation as the platform API tells it. */
export interface EvaluationJson {
  readonly id: string
  readonly time: string
  readonly status: 'queued' | 'running' | 'done' | 'cancelled' | 'failed' | 'interrupted'
  readonly kind: 'eval' | 'replay'
  readonly model: string
  readonly major: string
  readonly version: string
  readonly against?: string
  readonly source: string
  readonly cases: number
  readonly passed?: boolean
  readonly bounds?: readonly {
    readonly outcome: 'passed' | 'failed' | 'skipped'
    readonly words: string
  }[]
  readonly fault?: { readonly code: string; readonly detail: string }
  readonly notes: readonly string[]
  readonly progress?: { readonly cases: number; readonly done: number; readonly failed: number }
  readonly report?: EvaluationReport
}

export interface EvaluationReport {
  readonly version: Evaluated
  readonly against?: Evaluated
  readonly asked: number
  readonly partial?: string
  readonly durationMs: number
  readonly differences: Readonly<Record<string, Figure & { readonly shown?: 'better' | 'worse' }>>
  readonly disagreements: readonly Disagreement[]
  readonly verdict: string
}

export interface Evaluated {
  readonly version: string
  readonly answered: number
  readonly failed: Readonly<Record<string, number>>
  readonly measures: Readonly<Record<string, Figure>>
  readonly usageEstimated: boolean
  readonly unpriced: number
  readonly labels?: readonly {
    readonly label: string
    readonly expected: number
    readonly answered: number
    readonly right: number
    readonly precision?: number
    readonly recall?: number
  }[]
  readonly confusion?: readonly { readonly expected: string; readonly answered: string; readonly cases: number }[]
}

export interface Figure {
  readonly value: number
  readonly n: number
  readonly lower?: number
  readonly upper?: number
}

export interface Disagreement {
  /** For keys that may operate; left out once its set was deleted. */
  readonly case?: string
  readonly distance: number
  readonly lost?: boolean
  readonly call?: string
  readonly code?: string
  readonly input?: string
  readonly expected?: string
  readonly answered?: string
  readonly answeredAgainst?: string
}

export const evaluationsPath = '/api/v1/evaluations'
export const evaluationPath = (id: string): string => `${evaluationsPath}/${encodeURIComponent(id)}`

interface Telling {
  readonly value: (value: number) => string
  readonly difference: (value: number) => string
}

const share: Telling = { value: shareText, difference: (value) => `${signedText(100 * value)} points` }
const ms: Telling = { value: (value) => `${numberText(value)} ms`, difference: (value) => `${signedText(value)} ms` }
const usd: Telling = {
  value: money,
  difference: (value) => `${value > 0 ? '+' : value < 0 ? '-' : ''}${money(Math.abs(value))}`,
}
const plain: Telling = { value: numberText, difference: signedText }

/** By the measure's name; what a newer gateway tells besides is a plain number. */
const tellings: readonly (readonly [RegExp, Telling])[] = [
  [/^(accuracy|agreement|distance|errors|invalid-output|refusals|truncations)$/, share],
  [/^latency/, ms],
  [/^cost/, usd],
]

function tellingOf(measure: string): Telling {
  return tellings.find(([names]) => names.test(measure))?.[1] ?? plain
}

/** What a report measured, a row each: texts for a table. */
export function measureRows({ version, against, differences }: EvaluationReport) {
  const names = new Set([...Object.keys(version.measures), ...Object.keys(against?.measures ?? {})])
  return [...names].map((measure) => {
    const { value, difference } = tellingOf(measure)
    const text = (figure: Figure | undefined) => (figure ? value(figure.value) : '-')
    const differs = differences[measure]
    return {
      measure,
      version: text(version.measures[measure]),
      interval: intervalText(version.measures[measure], value),
      against: text(against?.measures[measure]),
      difference: differs ? difference(differs.value) : '-',
      differs: intervalText(differs, difference),
      shown: differs?.shown ?? '-',
    }
  })
}

function intervalText(figure: Figure | undefined, text: (value: number) => string): string {
  const { lower, upper } = figure ?? {}
  if (lower === undefined && upper === undefined) return '-'
  const side = (bound: number | undefined) => (bound === undefined ? '?' : text(bound))
  const end = side(upper)
  // "97.9 to 99.1 %": a unit that both have is said once.
  const unit = / [^ ]+$/.exec(end)?.[0]
  const begin = side(lower)
  return `${unit !== undefined && begin.endsWith(unit) ? begin.slice(0, -unit.length) : begin} to ${end}`
}

/** What labels are held against: the truth, another version, or what was answered then. */
export function referenceText({ version, against }: EvaluationReport): string {
  return version.measures.accuracy ? 'expected' : (against?.version ?? 'then')
}

/** "312 of 3,110 cases, 4 failed" */
export function progressText({ cases, done, failed }: NonNullable<EvaluationJson['progress']>): string {
  return `${countText(done)} of ${countText(cases)} cases${failed > 0 ? `, ${countText(failed)} failed` : ''}`
}
