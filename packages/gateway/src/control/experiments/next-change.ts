import type { Action } from '@astraapi/statistics'
import { type ExperimentState, holdsTraffic } from '../../kernel/experiment.ts'
import type { ExperimentChange } from '../operations/ports.ts'
import { activeArms, type Evaluation, verdictText } from './evaluate.ts'
import { stepEndsInMs } from './running-time.ts'

type Made = (evaluation: Evaluation, reason: string) => ExperimentChange | undefined

/** What an action of the decision table does. */
const changes: Readonly<Record<Action, Made>> = {
  'break-circuit': (_, reason) => ({ action: 'roll-back', reason }),
  'roll-back': (_, reason) => ({ action: 'roll-back', reason }),
  pause: (_, reason) => ({ action: 'pause', reason }),
  promote: ({ decision: { promoted } }, reason) => ({
    action: 'promote',
    ...(promoted === undefined ? {} : { winner: promoted }),
    reason,
  }),
  end: (_, reason) => ({ action: 'end', reason }),
  hold: () => undefined,
}

/** Of an experiment that only advises: a pause moves no traffic, it keeps what can't be trusted from being taken for evidence. */
const madeByAdvisers: ReadonlySet<Action> = new Set(['pause'])

/** Of one that is paused: it keeps its traffic, so that what does harm has to leave it all the same. */
const madeInPause: ReadonlySet<Action> = new Set(['break-circuit', 'roll-back'])

/** After these the arms still get units. */
const goesOn: ReadonlySet<Action> = new Set(['hold', 'pause'])

/** While nothing speaks against the candidates the ramp goes on. */
const rampsOn: ReadonlySet<Action> = new Set(['hold', 'promote'])

/** What the controller makes of an evaluation: at most one change; the next evaluation may bring the next one. */
export function nextChange(
  experiment: ExperimentState,
  evaluation: Evaluation,
  now: number,
): ExperimentChange | undefined {
  const { plan, progress, ramp } = experiment
  if (!holdsTraffic.has(progress.status)) return undefined
  const { action, removed } = evaluation.decision
  const automatic = plan.rule === 'automatic'
  const paused = progress.status === 'paused'
  // First of all: paused, they would keep their traffic.
  if (automatic && removed.length > 0 && goesOn.has(action)) return withoutCandidates(experiment, evaluation, now)
  const change = changes[action](evaluation, verdictText(evaluation, { atMs: now }))
  const isMade = paused ? automatic && madeInPause.has(action) : automatic || madeByAdvisers.has(action)
  if (change && isMade) return change
  const mayStep = !paused && rampsOn.has(action) && removed.length === 0
  const stepEnded = evaluation.stepRan !== undefined && stepEndsInMs(ramp, evaluation.stepRan) === 0
  return mayStep && stepEnded ? { action: 'step' } : undefined
}

/** Some leave, the others go on, each with the part that it has of what is left. */
function withoutCandidates(experiment: ExperimentState, evaluation: Evaluation, now: number): ExperimentChange {
  const { progress, shares } = experiment
  const left = [...activeArms(experiment)].filter((arm) => !evaluation.decision.removed.includes(arm))
  const present = progress.epochs.at(-1)?.shares ?? shares
  return {
    action: 'reshare',
    shares: Object.fromEntries(left.map((arm) => [arm, present[arm] ?? 0])),
    reason: verdictText(evaluation, { atMs: now }),
  }
}
