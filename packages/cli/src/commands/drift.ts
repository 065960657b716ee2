import type { Command } from 'commander'
import { columns } from '../columns.ts'
import { contractReport } from '../contract-report.ts'
import type { Io } from '../io.ts'
import { percent, shortTime } from '../platform.ts'

interface Values {
  readonly values: number
  readonly missing?: number
  readonly p50?: number
  readonly p95?: number
  readonly top?: readonly { readonly value: string; readonly share: number }[]
}

interface Compared {
  readonly version: string
  readonly drifted: readonly string[]
  readonly unknown: readonly string[]
  readonly features: readonly {
    readonly name: string
    readonly outcome: 'drifted' | 'stable' | 'unknown'
    readonly reason: string
    readonly reference?: Values
    readonly current?: Values
  }[]
}

export interface DriftReport {
  readonly model: string
  readonly major: string
  readonly declared?: {
    readonly windowMs: number
    readonly referenceFrom?: string
    readonly referenceTo?: string
    readonly first?: number
  }
  readonly from?: string
  readonly to?: string
  readonly leftOut: number
  readonly versions: readonly Compared[]
  readonly against?: string
  readonly pairs: readonly Compared[]
  readonly dropped: Readonly<Record<string, number>>
}

export function driftCommand(program: Command, io: Io): void {
  contractReport<DriftReport>(program, io, {
    name: 'drift',
    summary: 'show whether the inputs and outputs of a model differ from those of its reference',
    examples: ['astraapi drift spam', 'astraapi drift support-chat@v1 --json'],
    lines: driftLines,
    notes: notesOf,
  })
}

export function driftLines({ model, major, declared, from, to, versions, against, pairs }: DriftReport): string[] {
  if (!declared) return []
  const { referenceFrom, referenceTo, first } = declared
  const reference = referenceFrom === undefined ? `its first ${first} values` : `${referenceFrom} to ${referenceTo}`
  return [
    `${model}@${major}: ${shortTime(from ?? '')} to ${shortTime(to ?? '')} UTC, each version against ${reference}`,
    ...versions.flatMap((one) => {
      return ['', ...linesOf(one, { title: one.version, verb: 'drifted', before: 'reference', now: 'now' })]
    }),
    ...pairs.flatMap((one) => {
      const words = {
        title: `${one.version} beside ${against}`,
        verb: 'differ',
        before: against ?? '',
        now: one.version,
      }
      return ['', ...linesOf(one, words)]
    }),
  ]
}

/** What is to be known beside the tables. */
function notesOf({ model, major, declared, versions, leftOut, dropped }: DriftReport): readonly string[] {
  if (!declared) return [`${model}@${major} declares no drift. Add "drift: {}" to the contract in the manifest.`]
  const drops = Object.entries(dropped).map(([reason, calls]) => `${reason} ${calls}`)
  return [
    ...(versions.length === 0 ? ['No calls were counted yet.'] : []),
    ...(hasEmptyReference(declared, versions) ? [emptyReference] : []),
    ...(leftOut > 0 ? [`${leftOut} more features are not watched: name those that matter under drift.features.`] : []),
    ...(drops.length > 0 ? [`Calls of which something was not counted: ${drops.join(', ')}.`] : []),
  ]
}

const emptyReference =
  'Of the days of the reference nothing was counted, so that nothing can be judged: values are counted from when drift is declared. Take days since then, or "first".'

function hasEmptyReference({ referenceFrom }: NonNullable<DriftReport['declared']>, versions: DriftReport['versions']) {
  const features = versions.flatMap((version) => version.features)
  return referenceFrom !== undefined && features.length > 0 && features.every(({ reference }) => !reference)
}

interface Words {
  readonly title: string
  readonly verb: string
  /** Heads of the columns. */
  readonly before: string
  readonly now: string
}

function linesOf({ features, drifted, unknown }: Compared, { title, verb, before, now }: Words): string[] {
  const rows = features.map(({ name, outcome, reason, reference, current }) => ({
    feature: name,
    [before]: valuesText(reference),
    [now]: valuesText(current),
    outcome: outcome === 'drifted' && verb === 'differ' ? 'differs' : outcome,
    why: reason,
  }))
  const judged = features.length - unknown.length
  const found = drifted.length > 0 ? `: ${drifted.join(', ')}` : ''
  const few = unknown.length > 0 ? `, ${unknown.length} cannot be judged` : ''
  return [
    `${title}: ${drifted.length} of ${judged} features ${verb}${found}${few}`,
    ...columns(rows).map((line) => `  ${line}`),
  ]
}

/** "p50 812, p95 2040, 3% missing" or "spam 62%, ham 38%". */
function valuesText(values: Values | undefined): string {
  if (!values) return '-'
  const { p50, p95, top, missing = 0 } = values
  if (top) {
    return top
      .slice(0, 3)
      .map(({ value, share }) => `${value} ${percent(share)}`)
      .join(', ')
  }
  const words = [
    ...(p50 === undefined || p95 === undefined ? [] : [`p50 ${short(p50)}, p95 ${short(p95)}`]),
    ...(missing > 0 ? [`${percent(missing / (values.values + missing))} missing`] : []),
  ]
  return words.join(', ') || '-'
}

function short(number: number): string {
  return String(Number(number.toPrecision(4)))
}
