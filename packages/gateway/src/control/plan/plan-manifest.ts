import { createTwoFilesPatch } from 'diff'
import type { Backend } from '../../kernel/backend.ts'
import type { Catalog, CatalogState, ContractState, ModelState } from '../../kernel/catalog.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { StoredCatalog } from '../../kernel/store.ts'
import { buildCatalog } from '../catalog/build-catalog.ts'
import type { FaultAt, Manifest, ManifestModel } from '../manifest/manifest.ts'
import { majorNumber } from '../manifest/names.ts'
import type { Change, Fault } from '../operations/ports.ts'
import { changesBetween } from './changes.ts'
import { type DraftVersion, draftVersion } from './draft-version.ts'
import { type Inspected, inspectVersions } from './inspect-versions.ts'
import { planContract } from './plan-contract.ts'

/** What callers would see of a catalog, as text to compare. */
export type Describe = (catalog: Catalog) => { readonly openapi: string; readonly sdl: string }

export interface Plan {
  /** The revision that it was computed against. */
  readonly revision: number
  readonly faults: readonly Fault[]
  readonly changes: readonly Change[]
  readonly openapiDiff: string
  readonly sdlDiff: string
  /** What applying it would store; undefined when there is a fault. */
  readonly next: { readonly state: CatalogState; readonly digests: StoredCatalog['digests'] } | undefined
}

export interface PlanPorts {
  readonly manifest: Manifest
  readonly faultAt: FaultAt
  readonly current: StoredCatalog
  readonly backends: ReadonlyMap<string, Backend>
  readonly describe: Describe
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Works out what a manifest would make of the present state. It makes new versions ready upstream, and changes nothing here. */
export async function planManifest(ports: PlanPorts): Promise<Plan> {
  const { manifest, faultAt, current, backends } = ports
  const faults: Fault[] = []
  const drafts = draftVersions(manifest, { backends, faultAt, faults })
  const refused = (): Plan => ({
    revision: current.revision,
    faults,
    changes: [],
    openapiDiff: '',
    sdlDiff: '',
    next: undefined,
  })
  if (faults.length > 0) return refused()

  const inspected = await inspectVersions(drafts, backends, ports.signal)
  const digests = { ...current.digests }
  const models: Record<string, ModelState> = {}
  for (const [name, model] of Object.entries(manifest.models)) {
    models[name] = planModel(name, model, { ...ports, faults, drafts, inspected, digests })
  }
  if (faults.length > 0) return refused()

  const consumers = Object.fromEntries(
    Object.entries(manifest.consumers).map(([name, { description, demo = false }]) => [
      name,
      { ...(description === undefined ? {} : { description }), demo },
    ]),
  )
  const state: CatalogState = { models, consumers }
  const changes = changesBetween(current.state, state)
  return { revision: current.revision, faults, changes, ...differences(state, ports), next: { state, digests } }
}

function draftVersions(manifest: Manifest, context: Parameters<typeof draftVersion>[2]): DraftVersion[] {
  const drafts: DraftVersion[] = []
  for (const [model, { contracts }] of Object.entries(manifest.models)) {
    for (const [major, { versions }] of Object.entries(contracts)) {
      for (const [id, version] of Object.entries(versions)) {
        const place = ['models', model, 'contracts', major, 'versions', id]
        const draft = draftVersion(version, { model, major: majorNumber(major), id, place }, context)
        if (draft) drafts.push(draft)
      }
    }
  }
  return drafts
}

interface ModelContext extends PlanPorts {
  readonly faults: Fault[]
  readonly drafts: readonly DraftVersion[]
  readonly inspected: ReadonlyMap<DraftVersion, Inspected>
  readonly digests: Record<string, string>
}

function planModel(name: string, model: ManifestModel, context: ModelContext): ModelState {
  const contracts: Record<string, ContractState> = {}
  for (const [majorName, contract] of Object.entries(model.contracts)) {
    const major = majorNumber(majorName)
    const next = planContract(contract, {
      ...context,
      place: ['models', name, 'contracts', majorName],
      current: context.current.state.models[name]?.contracts[major],
      drafts: context.drafts.filter((draft) => draft.model === name && draft.major === major),
    })
    if (next) contracts[major] = next
  }
  const { owner, description } = model
  return { owner, ...(description === undefined ? {} : { description }), defaultMajor: defaultMajor(model), contracts }
}

/** The highest major that is not on its way out. */
function defaultMajor({ default: declared, contracts }: ManifestModel): number {
  if (declared !== undefined) return majorNumber(declared)
  const majors = Object.entries(contracts)
  const standing = majors.filter(([, { deprecated }]) => !deprecated)
  return Math.max(...(standing.length > 0 ? standing : majors).map(([major]) => majorNumber(major)))
}

function differences(state: CatalogState, { current, describe, clock }: PlanPorts) {
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
  return createTwoFilesPatch(`${name} (now)`, `${name} (planned)`, `${before}\n`, `${after}\n`, undefined, undefined, {
    context: 3,
  })
}
