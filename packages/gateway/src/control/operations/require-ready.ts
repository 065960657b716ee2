import { versionKey } from '../../kernel/catalog.ts'
import type { VersionState } from '../../kernel/catalog-state.ts'
import { contractName } from '../../kernel/contract-name.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { ExperimentState } from '../../kernel/experiment.ts'
import { replicaStates } from '../../kernel/replicas.ts'
import { verdictText } from '../experiments/evaluate.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import type { OperationPorts, ReplicaReports } from './ports.ts'

type Ports = Pick<OperationPorts, 'catalogControl' | 'replicas'>

/**
 * Throws `conflict` where an experiment would begin in vain: an arm that nobody serves would break its circuit at once, and a metric that
 * no feedback may name would never come.
 */
export function requireReady(name: string, experiment: ExperimentState, { catalogControl, replicas }: Ports): void {
  const { model, major, control, candidates, metrics } = experiment
  const contract = catalogControl.current().model(model)?.contracts.get(major)
  const id = contractName(model, major)
  for (const arm of [control, ...candidates]) {
    const version = contract?.versions.get(arm)
    if (!version) throw notReady(`${id} has no version "${arm}"`, 'Declare it in the manifest and apply it.')
    requireServed(name, { model, major, version: arm }, version.state, replicas)
  }
  const declared = catalogControl.current().state.models[model]?.contracts[String(major)]?.metrics ?? {}
  for (const { from } of metrics) {
    if (!('feedback' in from) || ownEntry(declared, from.feedback)) continue
    const detail = `${id} declares no metric "${from.feedback}", so no feedback could tell it, and "${name}" cannot start`
    throw notReady(detail, `Declare it under contracts.v${major}.metrics in the manifest and apply it.`)
  }
}

/** Throws `conflict` where nobody serves an arm. */
export function requireServed(
  name: string,
  { model, major, version }: { readonly model: string; readonly major: number; readonly version: string },
  state: VersionState,
  { status }: Pick<ReplicaReports, 'status'>,
): void {
  // A backend that runs in the gateway has none.
  if (state.replicas.length === 0) return
  const all = status(versionKey(model, major, version))
  if (all.some(({ state }) => replicaStates[state].takesCalls && state !== 'failing')) return
  const id = contractName(model, major)
  const detail = `Version ${version} of ${id} has no replica that serves it just now, so "${name}" cannot start`
  throw notReady(detail, `See why: astraapi replicas ${model}. Start it again when one is ready.`)
}

/**
 * Throws `conflict` where what paused an experiment would do so again at the next look: that the arms did not get the units that were
 * declared is in its evidence for good.
 */
export async function requireTrust(
  name: string,
  { progress }: ExperimentState,
  { experiments }: Pick<OperationPorts, 'experiments'>,
): Promise<void> {
  if (progress.status !== 'paused' || progress.startedAt === undefined) return
  const { latest } = await experiments.kept(name, progress.startedAt)
  if (latest?.decision.action !== 'pause') return
  throw new AstraError('conflict', {
    detail: `"${name}" would be paused again at once: ${verdictText(latest)}`,
    next: `Find out why, then end it (astraapi experiments stop ${name}) and declare another under a name of its own.`,
  })
}

function notReady(detail: string, next: string): AstraError {
  return new AstraError('conflict', { detail, next })
}
