import type { CatalogState, ContractState } from '../../kernel/catalog-state.ts'
import type { Limits } from '../../kernel/limits.ts'

export interface NamedContract {
  /** "spam@v1" */
  readonly name: string
  readonly model: string
  readonly contract: ContractState
}

export function contractsOf({ models }: CatalogState): readonly NamedContract[] {
  return Object.entries(models).flatMap(([model, { contracts }]) =>
    Object.entries(contracts).map(([major, contract]) => ({ name: `${model}@v${major}`, model, contract })),
  )
}

/** Whose limits they are, and the contracts whose calls they count. */
export interface LimitOwner {
  readonly name: string
  readonly limits: Limits | undefined
  readonly of: readonly NamedContract[]
  /** Where it is one version's alone. */
  readonly version?: string
}

/** Everyone in a catalog who can have limits: keys are not in it. */
export function ownersOf(
  { teams = {}, consumers, models }: CatalogState,
  contracts: readonly NamedContract[],
): LimitOwner[] {
  const byModel = Map.groupBy(contracts, ({ model }) => model)
  return [
    ...Object.entries(teams).map(([name, { limits }]) => ({ name: `team ${name}`, limits, of: contracts })),
    ...Object.entries(consumers).map(([name, { limits }]) => ({ name: `consumer ${name}`, limits, of: contracts })),
    ...Object.entries(models).map(([name, { limits }]) => ({
      name: `model ${name}`,
      limits,
      of: byModel.get(name) ?? [],
    })),
    ...contracts.flatMap((one) =>
      Object.entries(one.contract.versions).map(([id, { limits }]) => ({
        name: `version ${one.name} ${id}`,
        limits,
        of: [one],
        version: id,
      })),
    ),
  ]
}
