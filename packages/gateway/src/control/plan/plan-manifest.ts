import { createTwoFilesPatch } from 'diff'
import type { Backend } from '../../kernel/backend.ts'
import type { CaseSet } from '../../kernel/case-set.ts'
import type { Catalog } from '../../kernel/catalog.ts'
import type { CatalogState, ContractState, ModelState, Price } from '../../kernel/catalog-state.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { StoredCatalog } from '../../kernel/store.ts'
import { buildCatalog } from '../catalog/build-catalog.ts'
import { type GateRun, gateRuns } from '../gates/gate-runs.ts'
import { consumerOf, teamOf } from '../manifest/consumer.ts'
import { defaultMajor } from '../manifest/defaults.ts'
import { issuerOf } from '../manifest/issuer.ts'
import { judgesOf } from '../manifest/judges.ts'
import type { FaultAt, Manifest, ManifestModel } from '../manifest/manifest.ts'
import { majorNumber } from '../manifest/names.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import { ownerLimitsOf } from '../manifest/owner-limits.ts'
import type { Change, Fault } from '../operations/ports.ts'
import { withoutUndefined } from '../operations/without-undefined.ts'
import { changesBetween } from './changes.ts'
import { captureNotes, checkCapture } from './check-capture.ts'
import { checkGates } from './check-gates.ts'
import { checkJudges } from './check-judges.ts'
import { draftVersion } from './draft-version.ts'
import { experimentNotes } from './experiment-notes.ts'
import { inspectVersions } from './inspect-versions.ts'
import { judgeNotes } from './judge-notes.ts'
import { limitNotes } from './limit-notes.ts'
import { type DraftContract, planContract } from './plan-contract.ts'
import { planExperiments } from './plan-experiments.ts'
import { plannedWeights } from './plan-weights.ts'
import { priceNotes } from './price-notes.ts'
import { type Report, reportInto } from './report.ts'
import { shadowNotes } from './shadow-notes.ts'

/** What callers would see of a catalog, as text to compare. */
export type Describe = (catalog: Catalog) => { readonly openapi: string; readonly sdl: string }

export interface Plan {
  /** The revision that it was computed against. */
  readonly revision: number
  readonly faults: readonly Fault[]
  readonly changes: readonly Change[]
  /** As in `PlanResult`. */
  readonly notes: readonly string[]
  readonly openapiDiff: string
  readonly sdlDiff: string
  /** Who has to pass which gate, passed already or not. */
  readonly gates: readonly GateRun[]
  /** What applying it would store; undefined when there is a fault. */
  readonly next: { readonly state: CatalogState; readonly digests: StoredCatalog['digests'] } | undefined
}

export interface PlanPorts {
  readonly manifest: Manifest
  readonly faultAt: FaultAt
  readonly current: StoredCatalog
  readonly backends: ReadonlyMap<string, Backend>
  /** The addresses that replicas stand for, names looked up. */
  readonly expand: (replicas: readonly string[], signal: AbortSignal) => Promise<readonly string[]>
  /** Left out: the plan has no differences to show, which `apply` needs none of. */
  readonly describe?: Describe
  readonly clock: Clock
  /** The sets of cases that are kept. Left out: none. */
  readonly sets?: readonly CaseSet[]
  /** Who applies it; left out by those who only look. */
  readonly actor?: string
  readonly signal: AbortSignal
}

/** Works out what a manifest would make of the present state. It makes new versions ready upstream, and changes nothing here. */
export async function planManifest(ports: PlanPorts): Promise<Plan> {
  const { manifest, current } = ports
  const faults: Fault[] = []
  const report = reportInto(faults, ports.faultAt)
  const drafts = Object.entries(manifest.models).map(([name, model]) => draftModel(name, model, ports, report))
  const contracts = drafts.flatMap((draft) => draft.contracts)
  const digests = { ...current.digests }
  const [at, by] = [ports.clock.now(), ports.actor ?? 'plan']
  const experiments = planExperiments({ manifest, drafts: contracts, current, digests, report, at, by })
  const sets = new Map(ports.sets?.map((set) => [set.name, set]))
  checkGates(contracts, sets, report)
  if (faults.length > 0) return refusedPlan(current.revision, faults)

  const inspected = await inspectVersions(
    contracts.flatMap(({ versions }) => versions),
    ports.expand,
    ports.signal,
  )
  const weightsOf = plannedWeights({ experiments, digests })
  const judges = ({ contract }: DraftContract) => judgesOf(contract.judges, manifest)
  const models = drafts.map(({ name, model, contracts }) => {
    const states = contracts.flatMap((draft) => {
      const state = planContract(draft, { inspected, digests, report, weightsOf, judgesOf: judges })
      return state ? [[draft.major, state] as const] : []
    })
    return [name, modelState(model, states)] as const
  })
  if (faults.length > 0) return refusedPlan(current.revision, faults)

  const state: CatalogState = withoutUndefined({
    models: Object.fromEntries(models),
    consumers: mapped(manifest.consumers, consumerOf) ?? {},
    teams: mapped(manifest.teams, teamOf),
    issuers: mapped(manifest.issuers, issuerOf),
    prices: mapped(manifest.prices, (dated) => dated.toSorted(byDay)),
    experiments: Object.keys(experiments).length > 0 ? experiments : undefined,
  })
  checkJudges(state, report)
  checkCapture(state, report)
  if (faults.length > 0) return refusedPlan(current.revision, faults)
  const changes = changesBetween(current.state, state)
  const notes = [
    ...priceNotes(state, ports.backends),
    ...limitNotes(state),
    ...experimentNotes(current.state, state),
    ...shadowNotes(state),
    ...judgeNotes(state),
    ...captureNotes(state),
  ]
  const gates = gateRuns(buildCatalog(current, ports.clock), state, sets)
  const told = { revision: current.revision, faults, changes, notes, gates, ...differences(state, ports) }
  return { ...told, next: { state, digests } }
}

/** Undefined where there is nothing, as states that are stored have it. */
function mapped<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> | undefined {
  const entries = Object.entries(record).map(([name, value]) => [name, map(value)] as const)
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

/** ISO dates sort as text. */
function byDay(a: Price, b: Price): number {
  return a.from < b.from ? -1 : 1
}

/** A plan that can't be carried out. */
export function refusedPlan(revision: number, faults: readonly Fault[]): Plan {
  return { revision, faults, changes: [], notes: [], gates: [], openapiDiff: '', sdlDiff: '', next: undefined }
}

interface DraftModel {
  readonly name: string
  readonly model: ManifestModel
  readonly contracts: readonly DraftContract[]
}

/** A declared model's contracts, not looked at upstream yet. */
export function draftModel(
  name: string,
  model: ManifestModel,
  { current, backends }: Pick<PlanPorts, 'current' | 'backends'>,
  report: Report,
): DraftModel {
  const contracts = Object.entries(model.contracts).map(([majorName, contract]): DraftContract => {
    const major = majorNumber(majorName)
    const place = ['models', name, 'contracts', majorName]
    const known = ownEntry(ownEntry(current.state.models, name)?.contracts ?? {}, major)
    const versions = Object.entries(contract.versions).flatMap(([id, version]) => {
      const at = [...place, 'versions', id]
      const before = ownEntry(known?.versions ?? {}, id)
      const named = { model: name, major, task: contract.task ?? 'custom', id, place: at, known: before }
      return draftVersion(version, named, backends, report) ?? []
    })
    return { model: name, major, place, contract, known, versions }
  })
  return { name, model, contracts }
}

function modelState(model: ManifestModel, contracts: readonly (readonly [number, ContractState])[]): ModelState {
  const { owner, description, default: declared } = model
  const limits = ownerLimitsOf(model.limits)
  return {
    owner,
    ...(description === undefined ? {} : { description }),
    defaultMajor: declared === undefined ? defaultMajor(contracts) : majorNumber(declared),
    contracts: Object.fromEntries(contracts),
    ...(limits ? { limits } : {}),
  }
}

/** Comparing grows with the square of what differs, and runs where calls are served. */
const diffMs = 500

function differences(state: CatalogState, { current, describe, clock }: PlanPorts) {
  if (!describe) return { openapiDiff: '', sdlDiff: '' }
  const before = describe(buildCatalog(current, clock))
  // The revision number itself is no difference that a caller sees.
  const after = describe(buildCatalog({ ...current, state }, clock))
  return {
    openapiDiff: unified('openapi.json', before.openapi, after.openapi),
    sdlDiff: unified('schema.graphql', before.sdl, after.sdl),
  }
}

function unified(name: string, before: string, after: string): string {
  if (before === after) return ''
  const patch = createTwoFilesPatch(
    `${name} (now)`,
    `${name} (planned)`,
    `${before}\n`,
    `${after}\n`,
    undefined,
    undefined,
    {
      context: 3,
      timeout: diffMs,
    },
  )
  return patch ?? `${name}: too much differs to show it line by line\n`
}
