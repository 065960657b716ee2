import type { ExperimentState } from '../../kernel/experiment.ts'
import { coverageOf } from '../catalog/held-traffic.ts'
import type { ExperimentChange } from './ports.ts'

export type DoneAction = ExperimentChange['action']

/** The operation that stands in the audit log for each change, whoever made it. */
export const operationOf = {
  start: 'startExperiment',
  pause: 'pauseExperiment',
  resume: 'resumeExperiment',
  step: 'stepExperiment',
  reshare: 'reshareExperiment',
  promote: 'promoteExperiment',
  'roll-back': 'rollBackExperiment',
  end: 'endExperiment',
  stop: 'stopExperiment',
} as const satisfies Readonly<Record<DoneAction, string>>

export const doneActions: ReadonlyMap<string, DoneAction> = new Map(
  (Object.keys(operationOf) as DoneAction[]).map((action) => [operationOf[action], action]),
)

export function auditTargetOf(name: string): string {
  return `/experiments/${name}`
}

/** What the audit log keeps of an experiment. */
export function experimentAudit(experiment: ExperimentState) {
  const { status, step, reason, winner, epochs } = experiment.progress
  return { status, step, coverage: coverageOf(experiment), shares: epochs.at(-1)?.shares, winner, reason }
}

interface After {
  readonly reason?: string | undefined
  readonly coverage?: number | undefined
}

const percent = (share = 1): string => `${Number((100 * share).toPrecision(3))} % of the units`

const words: Readonly<Record<DoneAction, (after: After) => string>> = {
  start: ({ coverage }) => `Started with ${percent(coverage)}.`,
  pause: () => 'Paused.',
  resume: () => 'Resumed.',
  step: ({ coverage }) => `Coverage raised to ${percent(coverage)}.`,
  reshare: () => 'Shared anew.',
  promote: () => 'Promoted.',
  'roll-back': () => 'Rolled back.',
  end: () => 'Ended: inconclusive.',
  stop: () => 'Stopped.',
}

export function doneText(action: DoneAction, after: After): string {
  return after.reason ?? words[action](after)
}
