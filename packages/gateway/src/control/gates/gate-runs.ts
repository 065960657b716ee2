import type { CaseSet } from '../../kernel/case-set.ts'
import type { CatalogState, Gate, VersionState } from '../../kernel/catalog.ts'
import { contractName, holdersOf } from '../catalog/held-traffic.ts'
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
  /** Who is asked the same beside it, where the gate compares: who has most of the traffic now. */
  readonly incumbent?: Incumbent
  readonly set: CaseSet
  /** Whether it was passed is kept under it. */
  readonly key: string
}

export interface Incumbent {
  readonly version: string
  readonly state: VersionState
}

/**
 * Who has to pass which gate for `next` to be what is deployed: versions that are not deployed now. Those that are have callers, whom a
 * refusal would not help: a gate that is new or stricter is for those to come.
 */
export function gateRuns(
  current: CatalogState,
  next: CatalogState,
  sets: ReadonlyMap<string, CaseSet>,
): readonly GateRun[] {
  return Object.entries(next.models).flatMap(([model, { contracts }]) =>
    Object.entries(contracts).flatMap(([major, { gates = [], versions }]) =>
      Object.entries(versions).flatMap(([version, state]) => {
        if (state.retired || isDeployed(current, model, major, version)) return []
        return gates.flatMap((gate, index) => {
          const set = sets.get(gate.data)
          if (!set) return []
          const incumbent = comparesVersions(gate) ? incumbentOf(current, model, major) : undefined
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

/** While an experiment owns the weights, its control. */
function incumbentOf(current: CatalogState, model: string, major: string): Incumbent | undefined {
  const contract = ownEntry(ownEntry(current.models, model)?.contracts ?? {}, major)
  if (!contract) return undefined
  const most = Object.entries(contract.weights).reduce<readonly [string, number] | undefined>(
    (before, one) => (before === undefined || one[1] > before[1] ? one : before),
    undefined,
  )
  const version = holdersOf(current).get(contractName(model, major))?.experiment.control ?? most?.[0]
  const state = version === undefined ? undefined : ownEntry(contract.versions, version)
  return version === undefined || !state ? undefined : { version, state }
}

/** By content: neither a version's id nor a set's name is part of it. A pass without another version is none beside one. */
function keyOf({ model, major, state, set, gate, incumbent }: Omit<GateRun, 'key'>): string {
  const { cases, require } = gate
  return digestOf([model, major, state.digest, set.digest, cases ?? 'all', require, incumbent ? 'beside' : 'alone'])
}
