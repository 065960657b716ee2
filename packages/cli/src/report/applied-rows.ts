import type { Action } from '@astraapi/statistics'
import type { ExperimentReport, Status } from './experiment-json.ts'

/** What of the table of decisions leads to a status. */
const ledTo: Readonly<Partial<Record<Status, readonly Action[]>>> = {
  promoted: ['promote'],
  rolled_back: ['roll-back', 'break-circuit'],
  inconclusive: ['end'],
  paused: ['pause'],
  running: ['hold', 'promote', 'roll-back', 'break-circuit', 'pause', 'end'],
}

/** The row of the table of decisions that applied to each candidate; none where a person decided. */
export function appliedRows(report: Pick<ExperimentReport, 'status' | 'by' | 'evaluations' | 'candidates'>) {
  const { status, by, evaluations, candidates } = report
  if (status !== 'running' && by !== controller) return []
  const fitting = evaluations.filter(({ decision }) => ledTo[status]?.includes(decision.action))
  if (fitting.length > 0) return fitting.map(({ candidate, decision: { row } }) => ({ candidate, row }))
  // Between two looks nothing but a broken circuit decides.
  return status === 'rolled_back' ? candidates.slice(0, 1).map((candidate) => ({ candidate, row: 1 })) : []
}

/** Who stands for the controller. */
export const controller = 'astra-experiments'
