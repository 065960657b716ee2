import { isDeepStrictEqual } from 'node:util'
import type { CatalogState } from '../../kernel/catalog-state.ts'
import { contractName } from '../../kernel/contract-name.ts'
import { type ExperimentState, holdsTraffic, type Progress } from '../../kernel/experiment.ts'
import type { StoredCatalog } from '../../kernel/store.ts'
import { startedProgress, statusWords } from '../catalog/change-experiment.ts'
import { isOver } from '../catalog/held-traffic.ts'
import { feedbackOf, targetOf } from '../manifest/check-experiment.ts'
import { experimentOf, experimentOut, type ManifestExperiment } from '../manifest/experiment.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import { checkArms, checkUnchanged, stopFirst } from './check-running.ts'
import { nameKey, pastText } from './past-experiment.ts'
import type { DraftContract } from './plan-contract.ts'
import { declaredWeights, outdone } from './plan-weights.ts'
import type { Report } from './report.ts'
import { usualGuardrails } from './usual-guardrails.ts'

export interface PlanExperimentsContext {
  readonly manifest: Manifest
  readonly drafts: readonly DraftContract[]
  readonly current: StoredCatalog
  /** What is kept for ever of names; those of experiments whose history goes are added. */
  readonly digests: Record<string, string>
  readonly report: Report
  /** When and by whom those begin that are declared as running. */
  readonly at: number
  readonly by: string
}

type Experiments = NonNullable<CatalogState['experiments']>

/** Experiments that are over and no longer declared: so many of the latest are kept with the catalog. */
const historyMax = 200

/**
 * What the catalog is to have of experiments. Those that stand keep their progress; those that are over stay as history, declared or not, so
 * that their results can be told and their names are not given twice: evidence is kept by name. Faults are reported.
 */
export function planExperiments(context: PlanExperimentsContext): Experiments {
  const { manifest, current, report } = context
  const known = current.state.experiments ?? {}
  const declared = Object.entries(manifest.experiments).flatMap(([name, experiment]) => {
    const state = planExperiment(name, experiment, ownEntry(known, name), context)
    return state ? [[name, state] as const] : []
  })
  const others = Object.entries(known).filter(([name]) => !Object.hasOwn(manifest.experiments, name))
  const apart = others.filter(([, { origin, progress }]) => origin === 'api' && !isOver(progress.status))
  const kept = apart.flatMap(([name, state]) => {
    const next = keptApart(name, state, context)
    return next ? [[name, next] as const] : []
  })
  const left = others.filter((one) => !apart.includes(one))
  for (const [name, { progress }] of left) {
    if (!holdsTraffic.has(progress.status)) continue
    const message = `is missing: "${name}" is ${statusWords[progress.status]}`
    report('conflict', ['experiments'], message, `${stopFirst(name)}, or declare it as it was (astraapi export).`)
  }
  const history = left
    .filter(([, { progress }]) => isOver(progress.status))
    .map(([name, state]): [string, ExperimentState] => [name, { ...state, origin: state.origin ?? 'past' }])
    .sort(([, a], [, b]) => b.progress.since - a.progress.since)
  for (const [name, state] of history.slice(historyMax)) context.digests[nameKey(name)] = pastText(state)
  const experiments = Object.fromEntries([...declared, ...kept, ...history.slice(0, historyMax)])
  reportSharing(experiments, report)
  return experiments
}

function planExperiment(
  name: string,
  declared: ManifestExperiment,
  known: ExperimentState | undefined,
  context: PlanExperimentsContext,
): ExperimentState | undefined {
  const { manifest, drafts, digests, report } = context
  const place = ['experiments', name]
  // What began keeps what it began with, where the manifest leaves it out.
  const settled = known && known.progress.status !== 'draft' ? known : undefined
  const target = settled?.model === declared.model ? settled : targetOf(declared, manifest)
  const draft = drafts.find(({ model, major }) => model === target?.model && major === target.major)
  if (!target || !draft) return settled && withoutContract(name, settled, report)
  const { model, major } = target
  if (!known && Object.hasOwn(digests, nameKey(name))) {
    report(
      'conflict',
      place,
      'was the name of an experiment that is over',
      'Choose another name; a manifest may leave it out.',
    )
    return undefined
  }
  const control = declared.control ?? settled?.control ?? usualControl(name, declared, draft, context)
  if (control === undefined) return undefined
  if (!checkArms(name, { declared, control, draft, settled }, report)) return undefined
  if (declared.shares && !Object.hasOwn(declared.shares, control)) {
    report('invalid_manifest', [...place, 'shares'], `must have a share for each arm; there is none for ${control}`)
    return undefined
  }
  const guardrails =
    settled?.metrics.filter(({ kind }) => kind === 'guardrail') ??
    usualGuardrails([control, ...declared.candidates], declared.metrics, draft, manifest)
  const wanted = experimentOf(declared, { model, major, control, feedback: feedbackOf(manifest, target), guardrails })
  if (settled) checkUnchanged(name, wanted, settled, report)
  return { ...wanted, progress: progressOf(wanted, declared, known, context) }
}

/**
 * One that was made by the platform API and that no manifest names is left alone: who applies a file does not know of it. Its versions have to
 * stay while it runs; a draft goes with what it was about.
 */
function keptApart(name: string, state: ExperimentState, context: PlanExperimentsContext): ExperimentState | undefined {
  const isDraft = state.progress.status === 'draft'
  let faults = 0
  const report: Report = isDraft ? () => faults++ : context.report
  const planned = planExperiment(name, experimentOut(state), state, { ...context, report })
  const same = planned && isDeepStrictEqual(planned.metrics, state.metrics)
  return faults > 0 || !same ? undefined : { ...planned, origin: 'api' }
}

/** Its contract is not declared any more: what is over stays as it is. */
function withoutContract(name: string, settled: ExperimentState, report: Report): ExperimentState {
  const { model, major, progress } = settled
  if (isOver(progress.status)) return settled
  const message = `is of ${contractName(model, major)}, which is missing, while it is ${statusWords[progress.status]}`
  report('conflict', ['experiments', name, 'model'], message, `${stopFirst(name)}, or keep the contract.`)
  return settled
}

/** The version with all the traffic, were there no experiment. */
function usualControl(
  name: string,
  { candidates }: ManifestExperiment,
  draft: DraftContract,
  { current, digests, report }: PlanExperimentsContext,
): string | undefined {
  const lost = outdone(draft, { experiments: current.state.experiments ?? {}, digests })
  const used = Object.keys(declaredWeights(draft, new Set([...lost, ...candidates])))
  const [only, ...others] = used
  if (only !== undefined && others.length === 0 && !candidates.includes(only)) return only
  const contract = contractName(draft.model, draft.major)
  const sharing = others.length > 0 ? `${used.join(' and ')} share` : `${only ?? 'nothing else'} has all`
  const message = `is missing: the version that the candidates are held against (${sharing} the traffic of ${contract})`
  report('invalid_manifest', ['experiments', name, 'control'], message, 'Write for example control: "1.0".')
  return undefined
}

function progressOf(
  wanted: Omit<ExperimentState, 'progress'>,
  { state }: ManifestExperiment,
  known: ExperimentState | undefined,
  { at, by }: PlanExperimentsContext,
): Progress {
  const progress = known?.progress ?? { status: 'draft', since: at, ranMs: 0, step: 0, epochs: [], by }
  if (progress.status !== 'draft' || state !== 'running') return progress
  return startedProgress({ ...wanted, progress }, { at, by })
}

/** A contract's traffic is one experiment's at a time. */
function reportSharing(experiments: Experiments, report: Report): void {
  const holding = Object.entries(experiments).filter(([, { progress }]) => holdsTraffic.has(progress.status))
  const first = new Map<string, string>()
  for (const [name, { model, major }] of holding.sort(byStart)) {
    const contract = contractName(model, major)
    const other = first.get(contract)
    first.set(contract, other ?? name)
    if (other === undefined) continue
    const message = `cannot run: "${other}" holds the traffic of ${contract}`
    report('conflict', ['experiments', name, 'state'], message, `${stopFirst(other)}, or leave this one a draft.`)
  }
}

function byStart([, a]: [string, ExperimentState], [, b]: [string, ExperimentState]): number {
  return (a.progress.startedAt ?? 0) - (b.progress.startedAt ?? 0)
}
