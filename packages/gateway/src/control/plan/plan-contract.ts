import type { ContractRevision, ContractState, VersionState } from '../../kernel/catalog.ts'
import { explain } from '../../kernel/schema/explain.ts'
import { pathKeys } from '../../kernel/schema/facets.ts'
import { contractLimits } from '../manifest/defaults.ts'
import type { ManifestContract, Place } from '../manifest/manifest.ts'
import { compareVersions } from '../manifest/names.ts'
import { parseDuration, parseSize } from '../manifest/quantities.ts'
import { type DraftVersion, digestKey } from './draft-version.ts'
import type { Inspected } from './inspect-versions.ts'
import { planRevisions, revisionFor } from './plan-revisions.ts'
import type { Report } from './report.ts'
import { type Seal, sealVersion } from './seal-version.ts'

/** A contract of the manifest, its versions with their defaults. */
export interface DraftContract {
  readonly major: number
  readonly place: Place
  readonly contract: ManifestContract
  /** The contract as it is deployed now. */
  readonly known: ContractState | undefined
  readonly versions: readonly DraftVersion[]
}

export interface PlanContractContext {
  readonly inspected: ReadonlyMap<DraftVersion, Inspected>
  /** Of every version ever applied; new ones are added. */
  readonly digests: Record<string, string>
  readonly report: Report
}

/** The contract's next state; undefined when it has faults, which are reported. */
export function planContract(draft: DraftContract, context: PlanContractContext): ContractState | undefined {
  const { inspected, digests } = context
  let sound = true
  const report: Report = (...fault) => {
    sound = false
    context.report(...fault)
  }
  const seals = draft.versions.map((version) => sealVersion(version, inspected.get(version), digests, report))
  if (!sound) return undefined
  const reports = draft.versions.flatMap((version) => {
    const result = inspected.get(version)
    const tensors = result && 'inspection' in result ? result.inspection.tensors : undefined
    return tensors ? [{ version, tensors }] : []
  })
  const revisions = planRevisions(draft, reports, report)
  if (!revisions) return undefined
  checkStreams(draft, revisions, report)
  checkExamples(draft, revisions, report)
  if (!sound) return undefined

  const versions = draft.versions.map((version, i) => [version.id, versionState(version, seals[i], revisions.length)])
  for (const [i, version] of draft.versions.entries()) {
    const seal = seals[i]
    if (seal && !version.retired) digests[digestKey(version)] = seal.digest
  }
  const { task = 'custom', description, streams = false, examples = [], deprecated } = draft.contract
  return {
    task,
    ...(description === undefined ? {} : { description }),
    streams,
    revisions,
    examples,
    limits: limitsOf(draft.contract),
    ...(deprecated ? { deprecated } : {}),
    versions: Object.fromEntries(versions),
    weights: weightsOf(draft),
  }
}
