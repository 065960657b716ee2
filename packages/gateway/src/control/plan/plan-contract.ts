import type { ContractRevision, ContractState, Deprecation, VersionState } from '../../kernel/catalog.ts'
import { breakingChanges, sameRevision } from '../../kernel/schema/compatibility.ts'
import { contractLimits } from '../manifest/defaults.ts'
import type { FaultAt, ManifestContract, Place } from '../manifest/manifest.ts'
import { compareVersions } from '../manifest/names.ts'
import { parseDuration, parseSize } from '../manifest/quantities.ts'
import type { Fault } from '../operations/ports.ts'
import { declaredRevision, type Reported } from './contract-revision.ts'
import { digestOf } from './digest.ts'
import { type DraftVersion, digestKey } from './draft-version.ts'
import type { Inspected } from './inspect-versions.ts'

export interface PlanContractContext {
  readonly place: Place
  readonly faultAt: FaultAt
  readonly faults: Fault[]
  readonly current: ContractState | undefined
  readonly drafts: readonly DraftVersion[]
  readonly inspected: ReadonlyMap<DraftVersion, Inspected>
  /** Of every version ever applied; new ones are added. */
  readonly digests: Record<string, string>
}

/** The contract's next state; undefined when it has faults, which stand in `context.faults` then. */
export function planContract(contract: ManifestContract, context: PlanContractContext): ContractState | undefined {
  const { place, faultAt, faults, current, drafts, inspected } = context
  const before = faults.length
  const fault = (code: Fault['code'], at: Place, message: string, suggestion?: string) =>
    faults.push({ code, ...faultAt(at, message, suggestion) })

  const reported: Reported[] = []
  for (const draft of drafts) {
    const result = inspected.get(draft)
    if (result && 'inspection' in result) {
      const { tensors } = result.inspection
      if (tensors) reported.push({ id: draft.id, tensors })
    } else if (result && !unchanged(draft, current)) fault('invalid_manifest', draft.place, result.fault)
  }
  if (faults.length > before) return undefined

  const declared = declaredRevision(contract, reported)
  for (const { id, message } of declared.faults) {
    fault('invalid_manifest', id === undefined ? place : [...place, 'versions', id], message)
  }
  if (!('revision' in declared) || faults.length > before) return undefined
  const revisions = nextRevisions(declared.revision, context)
  if (!revisions) return undefined

  const versions = Object.fromEntries(drafts.map((draft) => [draft.id, versionState(draft, revisions.length, context)]))
  if (faults.length > before) return undefined
  const { task = 'custom', description, streams = false, examples = [], deprecated } = contract
  return {
    task,
    ...(description === undefined ? {} : { description }),
    streams,
    revisions,
    examples,
    limits: limitsOf(contract),
    ...(deprecated ? { deprecated: datesAsText(deprecated) } : {}),
    versions,
    weights: weightsOf(contract, drafts),
  }
}

/** An applied version whose upstream is away just now is no reason to refuse a manifest that leaves it as it is. */
function unchanged(draft: DraftVersion, current: ContractState | undefined): boolean {
  const known = current?.versions[draft.id]
  return known !== undefined && known.backend === draft.backend && digestOf(known.settings) === digestOf(draft.settings)
}

function nextRevisions(
  declared: ContractRevision,
  { current, faultAt, faults, place, inspected }: PlanContractContext,
) {
  const latest = current?.revisions.at(-1)
  if (!current || !latest) return [declared]
  // Where no upstream answers, the signature that is known goes on.
  const silent = ![...inspected.values()].some((result) => 'inspection' in result)
  const next = silent && latest.tensors ? { ...declared, tensors: latest.tensors } : declared
  if (sameRevision(latest, next)) return current.revisions
  const breaks = breakingChanges(latest, next)
  for (const { path, message } of breaks) {
    const at = [...place, ...path.split('/').filter((step) => step !== '')]
    faults.push({
      code: 'breaking_change',
      ...faultAt(at, message, 'Undo it, or declare it under a new major version.'),
    })
  }
  return breaks.length > 0 ? undefined : [...current.revisions, next]
}

function versionState(draft: DraftVersion, latest: number, context: PlanContractContext): VersionState {
  const { current, inspected, digests, faultAt, faults } = context
  const { backend, settings, replicas, retired } = draft
  const result = inspected.get(draft)
  const upstream = result && 'inspection' in result ? result.inspection.digest : undefined
  const known = current?.versions[draft.id]
  const revision = draft.revision ?? known?.revision ?? latest
  if (revision > latest) {
    faults.push({
      code: 'invalid_manifest',
      ...faultAt([...draft.place, 'revision'], `is above the contract's latest revision, ${latest}`),
    })
  }
  const common = { revision, backend, settings, replicas, ...(retired ? { retired } : {}) }
  const applied = digests[digestKey(draft)]
  // Not inspected: retired, or upstream is away. What was applied stays applied.
  if (!result || 'fault' in result) {
    const digest = applied ?? digestOf({ backend, settings })
    return { ...common, digest, immutable: known?.immutable ?? false }
  }
  const digest = digestOf({ backend, settings, upstream })
  if (applied !== undefined && applied !== digest) {
    const message = 'was applied before and answers differently now: a version is immutable'
    faults.push({
      code: 'version_changed',
      ...faultAt(draft.place, message, 'Give the changed implementation a new version id.'),
    })
  }
  digests[digestKey(draft)] = digest
  return { ...common, digest, immutable: upstream !== undefined }
}

function limitsOf({ limits = {} }: ManifestContract): ContractState['limits'] {
  const { body, items, timeout, inFlight } = limits
  const bytes = typeof body === 'string' ? parseSize(body) : body
  return {
    bodyBytesMax: bytes ?? contractLimits.bodyBytesMax,
    itemsMax: items ?? contractLimits.itemsMax,
    timeoutMs: (timeout === undefined ? undefined : parseDuration(timeout)) ?? contractLimits.timeoutMs,
    inFlightMax: inFlight ?? contractLimits.inFlightMax,
  }
}

/** Only weights above 0; without any declared, everything goes to the highest live version. */
function weightsOf({ traffic }: ManifestContract, drafts: readonly DraftVersion[]): Readonly<Record<string, number>> {
  if (traffic) return Object.fromEntries(Object.entries(traffic.weights).filter(([, weight]) => weight > 0))
  const highest = drafts
    .filter(({ retired }) => !retired)
    .map(({ id }) => id)
    .sort(compareVersions)
    .at(-1)
  return highest === undefined ? {} : { [highest]: 1 }
}

/** YAML may have read a date as such. */
function datesAsText({ since, sunset }: Deprecation): Deprecation {
  return { since: String(since), ...(sunset === undefined ? {} : { sunset: String(sunset) }) }
}
