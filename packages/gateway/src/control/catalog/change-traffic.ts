import type { CatalogState, ContractState } from '../../kernel/catalog.ts'
import { AstraError } from '../../kernel/errors.ts'
import { childPath } from '../../kernel/schema/facets.ts'
import type { Weights } from '../operations/ports.ts'
import { deployedContract, deployedVersion, withContract } from './deployed.ts'

/** The state with a contract's calls split so, and the weights that it keeps: those above 0. */
export function withWeights(
  state: CatalogState,
  name: string,
  major: number,
  weights: Weights,
): { readonly state: CatalogState; readonly weights: Weights } {
  const contract = deployedContract(state, name, major)
  for (const [id, weight] of Object.entries(weights)) checkWeight(`${name}@v${major}`, contract, id, weight)
  const used = Object.fromEntries(Object.entries(weights).filter(([, weight]) => weight > 0))
  if (Object.keys(used).length === 0) throw invalidWeight('/weights', 'must give some version a weight above 0')
  return { state: withContract(state, name, major, { ...contract, weights: used }), weights: used }
}

function checkWeight(contractName: string, contract: ContractState, id: string, weight: number): void {
  const version = deployedVersion(contract, contractName, id)
  if (!Number.isFinite(weight) || weight < 0) {
    throw invalidWeight(childPath('/weights', id), 'must be a number of at least 0')
  }
  if (version.retired && weight > 0) {
    throw new AstraError('version_retired', { detail: `Version ${id} of ${contractName} was retired` })
  }
}

function invalidWeight(path: string, message: string): AstraError {
  return new AstraError('invalid_input', { violations: [{ path, message }] })
}
