import type { Command } from 'commander'
import { columns } from '../columns.ts'
import { contractReport } from '../contract-report.ts'
import type { Io } from '../io.ts'
import { moneySpent } from '../money.ts'
import { percent, rounded, type ShadowOf, shortTime } from '../platform.ts'
import { shadowText } from '../traffic-text.ts'

type Counts = Readonly<Record<string, number>>

interface Side {
  readonly latencyMeanMs: number
  readonly costUsd: number
  readonly unpriced: number
}

interface Pair {
  readonly served: string
  readonly shadow: string
  readonly answered: number
  readonly compared: number
  readonly agreed: number
  readonly agreement?: { readonly share: number; readonly lower: number; readonly upper: number }
  readonly distance?: { readonly mean: number; readonly deviation: number }
  readonly measures: Counts
  readonly skipped: Counts
  readonly failed: Counts
  readonly dropped: Counts
  readonly ofServed?: Side
  readonly ofShadow?: Side
}

export interface ShadowReport {
  readonly model: string
  readonly major: string
  readonly shadow?: ShadowOf
  readonly pairs: readonly Pair[]
  readonly disagreements: readonly {
    readonly call: string
    readonly copy: string
    readonly served: string
    readonly shadow: string
    readonly time: string
    readonly measure: string
    readonly distance: number
  }[]
}

/** More of them stand in `--json`. */
const disagreementsShown = 10

export function shadowCommand(program: Command, io: Io): void {
  contractReport<ShadowReport>(program, io, {
    name: 'shadow',
    summary: "show how a model's shadow version compares with those that serve",
    examples: ['astraapi shadow spam', 'astraapi shadow support-chat@v1 --json'],
    lines: reportLines,
    notes: (report, { capture }) => notesOf(report, capture !== undefined),
  })
}

function reportLines({ model, major, shadow, pairs, disagreements }: ShadowReport): readonly string[] {
  const shown = disagreements.slice(0, disagreementsShown)
  const rows = shown.map(({ time, distance, ...one }) => ({
    time: shortTime(time),
    ...one,
    distance: shortOf(distance),
  }))
  return [
    ...(shadow ? [`${model}@${major} copies ${shadowText(shadow)}`] : []),
    ...columns(pairs.map(rowOf)),
    ...pairs.flatMap(whatElse),
    ...(rows.length > 0 ? ['', 'They disagreed last on:', ...columns(rows)] : []),
  ]
}

function rowOf({ served, shadow, answered, compared, agreement, distance, ofServed, ofShadow }: Pair) {
  return {
    served,
    shadow,
    answered,
    compared,
    agree: agreement ? percent(agreement.share) : '',
    '95% interval': agreement ? `${percent(agreement.lower)} to ${percent(agreement.upper)}` : '',
    distance: distance && shortOf(distance.mean),
    'latency, ms':
      ofServed && ofShadow ? `${rounded(ofServed.latencyMeanMs)} | ${rounded(ofShadow.latencyMeanMs)}` : '',
    cost: ofServed && ofShadow ? `${costOf(ofServed)} | ${costOf(ofShadow)}` : '',
  }
}

function whatElse({ served, shadow, measures, skipped, failed, dropped }: Pair): readonly string[] {
  const told: readonly (readonly [what: string, counts: Counts])[] = [
    ['compared by', measures],
    ['answered and not compared', skipped],
    ['not answered', failed],
    ['not copied', dropped],
  ]
  return told.flatMap(([what, counts]) => {
    const reasons = Object.entries(counts).map(([reason, calls]) => `${reason} ${calls}`)
    return reasons.length > 0 ? [`${served} | ${shadow}, ${what}: ${reasons.join(', ')}`] : []
  })
}

/** What is to be known beside the table. */
function notesOf({ model, major, shadow, pairs, disagreements }: ShadowReport, captured: boolean): readonly string[] {
  const none = `${model}@${major} has no shadow. Try: astraapi traffic ${model} --major ${major} --shadow VERSION=10%`
  const more = disagreements.length - disagreementsShown
  return [
    ...(shadow ? [] : [none]),
    ...(shadow && pairs.length === 0 ? ['No call was copied yet.'] : []),
    ...(more > 0 ? [`${more} more disagreements: --json`] : []),
    ...disagreements.slice(0, 1).map(({ call }) => whereToLook(call, captured)),
  ]
}

/** A shadow keeps nothing of what was said; a contract that captures may. */
function whereToLook(call: string, captured: boolean): string {
  const said = captured
    ? `what was asked and answered, where it was captured: astraapi calls payload ${call}`
    : undefined
  return `What became of a call: astraapi explain ${call}; ${said ?? 'what both said is not kept'}`
}

function costOf({ costUsd, unpriced }: Side): string {
  return moneySpent(costUsd, unpriced)
}

function shortOf(distance: number): number {
  return Number(distance.toPrecision(3))
}
