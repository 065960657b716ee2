import type { CatalogState, ContractState, ModelState } from '../../kernel/catalog-state.ts'
import type { StoredCatalog } from '../../kernel/store.ts'
import { usualLimits } from '../manifest/defaults.ts'

/** What an older gateway stored, with the limits that it did not know yet. */
export function completed({ state, ...stored }: StoredCatalog): StoredCatalog {
  const contractOf = (contract: ContractState): ContractState => ({
    ...contract,
    limits: { ...usualLimits(contract.task), ...contract.limits },
  })
  const modelOf = (model: ModelState): ModelState => ({ ...model, contracts: mapped(model.contracts, contractOf) })
  const models: CatalogState['models'] = mapped(state.models, modelOf)
  return { ...stored, state: { ...state, models } }
}

function mapped<T>(record: Readonly<Record<string, T>>, map: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}
