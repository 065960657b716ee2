import type { CaseSet } from '../../kernel/case-set.ts'
import type { Catalog, Version } from '../../kernel/catalog.ts'
import type { CatalogState, VersionState } from '../../kernel/catalog-state.ts'
import type { Gate } from '../../kernel/contract-policies.ts'
import { currentVersion } from '../../kernel/current-version.ts'
import { contractsOf } from '../manifest/contracts-of.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { majorNumber } from '../manifest/names.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import { digestOf } from '../plan/digest.ts'

/** A gate that a version is to pass before it is deployed. */
export interface GateRun {
  readonly model: string
  readonly major: number
  readonly version: string
  readonly state: VersionState
  readonly gate: Gate
  /** Its number among the contract's, from 0 on. */
  readonly index: number
  /** Who is asked the same beside it, where the gate compares: who serves now. */
  readonly incumbent?: Pick<Version, 'id' | 'state'>
  readonly set: CaseSet
  /** What came of it is kept under it. */
  readonly key: string
}

/**
 * Who has to pass which gate for `next` to be what is deployed: versions that are not deployed now. Those that are have callers, whom a
 * refusal would not help: a gate that is new or stricter is for those to come.
 */
export function gateRuns(current: Catalog, next: CatalogState, sets: ReadonlyMap<string, CaseSet>): readonly GateRun[] {
  return Object.entries(next.models).flatMap(([model, { contracts }]) =>
    Object.entries(contracts).flatMap(([major, { gates = [], versions }]) =>
      Object.entries(versions).flatMap(([version, state]) => {
        if (state.retired || isDeployed(current.state, model, major, version)) return []
        return gates.flatMap((gate, index) => {
          const set = sets.get(gate.data)
          if (!set) return []
          const incumbent = comparesVersions(gate) ? incumbentOf(current, model, Number(major)) : undefined
          const run = { model, major: Number(major), version, state, gate, index, set, ...(incumbent && { incumbent }) }
          return [{ ...run, key: keyOf(run) }]
        })
      }),
    ),
  )
}

export function hasGates(manifest: Manifest): boolean {
  return contractsOf(manifest).some(({ contract }) => contract?.gates !== undefined)
}

/** Whether a manifest may have to pass any, told without asking an upstream. */
export function mayHaveGates({ models }: Manifest, current: CatalogState): boolean {
  return Object.entries(models).some(([model, { contracts }]) =>
    Object.entries(contracts).some(
      ([name, { gates, versions }]) =>
        gates !== undefined &&
        Object.entries(versions).some(
          ([id, { retired }]) => !retired && !isDeployed(current, model, majorNumber(name), id),
        ),
    ),
  )
}

function isDeployed({ models }: CatalogState, model: string, major: number | string, version: string): boolean {
  const contract = ownEntry(ownEntry(models, model)?.contracts ?? {}, major)
  const state = contract && ownEntry(contract.versions, version)
  return state !== undefined && !state.retired
}

/** Whether another version is asked beside it. */
export function comparesVersions({ require }: Gate): boolean {
  return Object.entries(require).some(([measure, { drop }]) => drop !== undefined || measure === 'agreement')
}

function incumbentOf(current: Catalog, model: string, major: number): GateRun['incumbent'] {
  const contract = current.model(model)?.contracts.get(major)
  return contract && currentVersion(contract)
}

/** By content: neither a version's id nor a set's name is part of it. What held against one version tells nothing against another. */
function keyOf({ model, major, state, set, gate, incumbent }: Omit<GateRun, 'key'>): string {
  const { cases, require } = gate
  const beside = incumbent?.state.digest ?? 'alone'
  return digestOf([model, major, state.digest, set.digest, cases ?? 'all', require, beside])
}
