import type { Command } from 'commander'
import { columns } from '../columns.ts'
import { contractReport } from '../contract-report.ts'
import type { Io } from '../io.ts'
import { moneySpent } from '../money.ts'
import { percent } from '../platform.ts'
import { numberText } from '../report/numbers.ts'

export interface JudgeReport {
  readonly model: string
  readonly major: string
  readonly judges: readonly { readonly metric: string; readonly judge: string; readonly share: number }[]
  readonly versions: readonly JudgedVersion[]
}

interface JudgedVersion {
  readonly metric: string
  readonly judge: string
  readonly version: string
  readonly asked: number
  readonly judged: number
  readonly mean?: { readonly value: number; readonly lower?: number; readonly upper?: number }
  readonly failed: Counts
  readonly dropped: Counts
  readonly latencyMeanMs?: number
  readonly costUsd: number
  readonly unpriced: number
}

type Counts = Readonly<Record<string, number>>

export function judgesCommand(program: Command, io: Io): void {
  contractReport<JudgeReport>(program, io, {
    name: 'judges',
    summary: 'show what judges say of the versions of a model, and what they cost',
    examples: ['astraapi judges support-chat', 'astraapi judges support-chat@v1 --json'],
    lines: ({ versions }) => columns(versions.map(rowOf)),
    notes: notesOf,
  })
}

function rowOf({ metric, judge, version, judged, mean, failed, dropped, latencyMeanMs, ...cost }: JudgedVersion) {
  const { lower, upper } = mean ?? {}
  return {
    metric,
    judge,
    version,
    judged,
    mean: mean && numberText(mean.value),
    '95% interval': lower === undefined || upper === undefined ? '' : `${numberText(lower)} to ${numberText(upper)}`,
    failed: countsText(failed),
    dropped: countsText(dropped),
    latency: latencyMeanMs === undefined ? '' : `${Math.round(latencyMeanMs)} ms`,
    cost: moneySpent(cost.costUsd, cost.unpriced),
  }
}

/** "timeout 2, value 1" */
function countsText(counts: Counts): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}

const valueNote =
  'Failed with "value": the judge answered, but with no value that the metric takes (its type, min and max), and that is thrown away. "astraapi plan" tells where scales differ.'

function notesOf({ model, major, judges, versions }: JudgeReport): string[] {
  const declared = judges.map(
    ({ metric, judge, share }) => `${judge} judges ${metric} of ${percent(share)} of the answers.`,
  )
  if (judges.length === 0) return [`${model}@${major} declares no judges. Add them under "judges" in the manifest.`]
  if (versions.length === 0) return [...declared, 'Nothing was judged yet.']
  return versions.some(({ failed }) => (failed.value ?? 0) > 0) ? [...declared, valueNote] : declared
}
