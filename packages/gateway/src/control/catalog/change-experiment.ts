import type { CatalogState } from '../../kernel/catalog-state.ts'
import { contractName } from '../../kernel/contract-name.ts'
import { AstraError } from '../../kernel/errors.ts'
import { type ExperimentState, type ExperimentStatus, epochsMax, type Progress } from '../../kernel/experiment.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import type { ExperimentChange } from '../operations/ports.ts'
import { deployedContract, deployedVersion, withContract } from './deployed.ts'
import { enrolledShares, holdersOf, normalised, weightsOf } from './held-traffic.ts'

/** Who changes it, and when (ms since the Unix epoch). */
export interface ChangeContext {
  readonly by: string
  readonly at: number
}

type Action = ExperimentChange['action']

interface Transition {
  readonly from: readonly ExperimentStatus[]
  /** Undefined: it stays what it is. */
  readonly to?: ExperimentStatus
}

/** Every change that there is; all else is refused. */
export const transitionTable = {
  start: { from: ['draft'], to: 'running' },
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  step: { from: ['running'] },
  reshare: { from: ['running', 'paused'] },
  promote: { from: ['running', 'paused'], to: 'promoted' },
  'roll-back': { from: ['running', 'paused'], to: 'rolled_back' },
  end: { from: ['running', 'paused'], to: 'inconclusive' },
  stop: { from: ['running', 'paused'], to: 'stopped' },
} as const satisfies Readonly<Record<Action, Transition>>

/**
 * The state after a change of an experiment: its progress, and the weights of its contract as that wants them. Throws `unknown_experiment`,
 * `conflict` where its status (or another's) does not allow the change, or `invalid_input`.
 */
export function withExperiment(
  state: CatalogState,
  name: string,
  change: ExperimentChange,
  context: ChangeContext,
): CatalogState {
  const experiment = experimentIn(state, name)
  requireAllowed(name, experiment, change.action)
  if (change.action === 'start') requireStartable(state, name, experiment)
  const next = { ...experiment, progress: progressed(experiment, change, context) }
  const { model, major } = experiment
  const contract = { ...deployedContract(state, model, major), weights: weightsAfter(next) }
  return withContract({ ...state, experiments: { ...state.experiments, [name]: next } }, model, major, contract)
}

/** Throws `unknown_experiment`. */
export function experimentIn({ experiments = {} }: CatalogState, name: string): ExperimentState {
  const experiment = ownEntry(experiments, name)
  if (experiment) return experiment
  throw new AstraError('unknown_experiment', { detail: `There is no experiment "${name.slice(0, 64)}"` })
}

function requireAllowed(name: string, { progress }: ExperimentState, action: Action): void {
  const { from }: Transition = transitionTable[action]
  if (from.includes(progress.status)) return
  const allowed = (Object.keys(transitionTable) as Action[]).filter((other) => {
    const row: Transition = transitionTable[other]
    return row.from.includes(progress.status)
  })
  const next =
    allowed.length > 0 ? `It can ${allowed.join(', ')}.` : 'It has ended: declare another one under a name of its own.'
  const detail = `The experiment "${name}" is ${statusWords[progress.status]} and cannot ${action} now`
  throw new AstraError('conflict', { detail, next })
}

export const statusWords: Readonly<Record<ExperimentStatus, string>> = {
  draft: 'a draft',
  running: 'running',
  paused: 'paused',
  promoted: 'over (promoted)',
  rolled_back: 'over (rolled back)',
  inconclusive: 'over (inconclusive)',
  stopped: 'over (stopped)',
}

/** A draft does not hold what it names: its versions may have gone since it was declared, and another may have begun. */
function requireStartable(state: CatalogState, name: string, experiment: ExperimentState): void {
  const { model, major, control, candidates } = experiment
  const contract = deployedContract(state, model, major)
  const id = contractName(model, major)
  const holder = holdersOf(state).get(id)
  if (holder) {
    throw new AstraError('conflict', {
      detail: `The experiment "${holder.name}" holds the traffic of ${id}, and "${name}" cannot start beside it`,
      next: `Wait for its end, or stop it first: astraapi experiments stop ${holder.name}`,
    })
  }
  for (const arm of [control, ...candidates]) {
    if (!deployedVersion(contract, id, arm).retired) continue
    throw new AstraError('version_retired', { detail: `Version ${arm} of ${id} was retired` })
  }
}

/** A draft's progress once it began. */
export function startedProgress(experiment: ExperimentState, context: ChangeContext): Progress {
  return progressed(experiment, { action: 'start' }, context)
}

function progressed(experiment: ExperimentState, change: ExperimentChange, { by, at }: ChangeContext): Progress {
  const { progress } = experiment
  const { status, since, ranMs, reason: _, ...kept } = progress
  const { to = status }: Transition = transitionTable[change.action]
  const reason = 'reason' in change && change.reason !== undefined ? { reason: change.reason } : {}
  // Clocks of several gateways differ: time that seems to go back counts nothing.
  const ran = status === 'running' && to !== status ? Math.max(0, at - since) : 0
  const common = { ...kept, status: to, since: to === status ? since : at, ranMs: ranMs + ran, ...reason, by }
  switch (change.action) {
    case 'start':
      return {
        ...common,
        startedAt: at,
        stepSince: at,
        epochs: [{ number: 1, from: at, shares: normalised(experiment.shares) }],
      }
    case 'step':
      return { ...common, step: nextStep(experiment), stepSince: at }
    case 'reshare':
      return { ...common, epochs: withEpoch(experiment, change.shares, at) }
    case 'promote':
      return { ...common, winner: winnerOf(experiment, change.winner) }
    default:
      return common
  }
}

/** Shares stay as they are while coverage grows, so this starts no epoch. */
function nextStep({ ramp, progress }: ExperimentState): number {
  const next = progress.step + 1
  if (next < ramp.length) return next
  throw new AstraError('conflict', {
    detail: 'The ramp is at its last step',
    next: 'Wait for the decision, or promote a candidate.',
  })
}

function withEpoch(experiment: ExperimentState, parts: Readonly<Record<string, number>>, at: number) {
  const { control, candidates, progress, allocation } = experiment
  const used = Object.entries(parts).filter(([, part]) => part !== 0)
  for (const [id, part] of used) {
    if (id !== control && !candidates.includes(id)) throw invalid(`"${id.slice(0, 64)}" is no arm of it`)
    if (!Number.isFinite(part) || part < 0) throw invalid('must be numbers of at least 0')
  }
  const ids = used.map(([id]) => id)
  if (!ids.includes(control) || ids.length < 2) throw invalid(`must give "${control}" and a candidate parts above 0`)
  const number = (progress.epochs.at(-1)?.number ?? 0) + 1
  const present = enrolledShares(experiment)
  const shares = normalised(Object.fromEntries(used))
  if (allocation) return [...progress.epochs, { number, from: at, shares: followed(experiment, shares) }]
  const kept = normalised(Object.fromEntries(ids.map((id) => [id, ownEntry(present, id) ?? 0])))
  // Each unit keeps its arm, so arms may leave, and nothing else.
  if (ids.some((id) => !(Math.abs((kept[id] ?? 0) - (shares[id] ?? 0)) < 1e-9))) {
    throw invalid('must have the proportions that they have now, and be of arms that have not left')
  }
  return [...progress.epochs, { number, from: at, shares: kept }]
}

/** Shares that follow the evidence may be any, of arms that have not left. */
function followed(experiment: ExperimentState, shares: Readonly<Record<string, number>>) {
  const present = enrolledShares(experiment)
  const back = Object.keys(shares).find((id) => !Object.hasOwn(present, id))
  if (back !== undefined) throw invalid(`"${back}" has left`)
  const leaves = Object.keys(shares).length < Object.keys(present).length
  if (leaves || experiment.progress.epochs.length < epochsMax) return shares
  throw new AstraError('conflict', { detail: `It has had ${epochsMax} epochs, and its shares stay as they are` })
}

function winnerOf(experiment: ExperimentState, asked: string | undefined): string {
  const arms = Object.keys(enrolledShares(experiment)).filter((id) => id !== experiment.control)
  const [only, ...others] = arms
  const winner = asked ?? (others.length === 0 ? only : undefined)
  if (winner !== undefined && arms.includes(winner)) return winner
  const message = `must be one of the candidates that take part: ${arms.join(', ')}`
  throw new AstraError('invalid_input', { violations: [{ path: '/winner', message }] })
}

/** Per hundred. Whoever has not won leaves everything to the control. */
function weightsAfter(experiment: ExperimentState): Readonly<Record<string, number>> {
  const { control, progress } = experiment
  const { status, winner = control } = progress
  return status === 'running' || status === 'paused' ? weightsOf(experiment) : { [winner]: 100 }
}

function invalid(message: string): AstraError {
  return new AstraError('invalid_input', { violations: [{ path: '/shares', message }] })
}
