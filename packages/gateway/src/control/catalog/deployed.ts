import type { CatalogState, ContractState, VersionState } from '../../kernel/catalog-state.ts'
import { AstraError } from '../../kernel/errors.ts'
import { ownEntry } from '../manifest/own-entry.ts'

/** The contract's state; throws `unknown_model` or `unknown_major`. */
export function deployedContract({ models }: CatalogState, name: string, major: number): ContractState {
  const model = ownEntry(models, name)
  if (!model) throw new AstraError('unknown_model', { detail: `There is no model "${name.slice(0, 64)}"` })
  const contract = ownEntry(model.contracts, major)
  if (!contract) throw new AstraError('unknown_major', { detail: `${name} has no v${major}` })
  return contract
}

/** The version's state; throws `unknown_version`, naming those that there are. */
export function deployedVersion({ versions }: ContractState, contractName: string, id: string): VersionState {
  const version = ownEntry(versions, id)
  if (version) return version
  const known = Object.keys(versions).join(', ')
  const detail = `${contractName} has no version "${id.slice(0, 64)}"; it has ${known}`
  throw new AstraError('unknown_version', { detail })
}

/** The state with another contract in that one's place. */
export function withContract(state: CatalogState, name: string, major: number, contract: ContractState): CatalogState {
  const model = state.models[name]
  if (!model) return state
  const contracts = { ...model.contracts, [major]: contract }
  return { ...state, models: { ...state.models, [name]: { ...model, contracts } } }
}
