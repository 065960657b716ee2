import type { Caller } from '../kernel/caller.ts'
import type { Catalog, Contract, Version } from '../kernel/catalog.ts'
import { permittedModel, requirePermission } from './admit/permit.ts'
import { contractOf, pinned } from './assign/assign.ts'

/** As a call names what it is for. */
export interface ContractName {
  readonly model: string
  /** undefined means the model's default major. */
  readonly major: number | undefined
  /** An exact version. */
  readonly version?: string | undefined
}

export interface FoundContract {
  readonly contract: Contract
  /** The one that was named. */
  readonly version: Version | undefined
}

/** What a call of this name would meet, without making one. Throws what the call would be refused with. */
export function lookUp({ model, major, version }: ContractName, caller: Caller, catalog: Catalog): FoundContract {
  const contract = contractOf(permittedModel(model, caller, catalog), major)
  return { contract, version: version === undefined ? undefined : pinned(contract, version) }
}

/** Every contract that the caller may call. */
export function permittedContracts(caller: Caller, catalog: Catalog): readonly Contract[] {
  requirePermission(caller, 'infer')
  const names = catalog.modelNames().filter((name) => caller.models?.has(name) ?? true)
  return names.flatMap((name) => [...(catalog.model(name)?.contracts.values() ?? [])])
}
