import type { Catalog, Contract, Version } from '../../../kernel/catalog.ts'
import { modelNameOf } from '../model-name.ts'
import { tensorFormOf } from './tensor-form.ts'

/** What `GET /v2/models/{model}` answers: `versions` are the exact ones that can be named. Throws `no_tensors`. */
export function describeModel(name: string, contract: Contract) {
  const { inputs, outputs } = tensorFormOf(contract).signature
  const live = [...contract.versions.values()].filter(({ state }) => !state.retired)
  return { name, versions: live.map(({ id }) => id), platform: 'astraapi', inputs, outputs }
}

/** The names of the contracts that can be called by this protocol. */
export function listModels(contracts: readonly Contract[], catalog: Catalog): readonly string[] {
  return contracts.filter(({ published }) => published.tensors).map((contract) => modelNameOf(contract, catalog))
}

export interface IndexEntry {
  readonly name: string
  readonly version: string
  readonly state: 'READY' | 'UNAVAILABLE'
  readonly reason: string
}

/** What `POST /v2/repository/index` answers, version by version. */
export function repositoryIndex(
  contracts: readonly Contract[],
  catalog: Catalog,
  whyUnready: (version: Version) => string | undefined,
): readonly IndexEntry[] {
  return contracts
    .filter(({ published }) => published.tensors)
    .flatMap((contract) => {
      const name = modelNameOf(contract, catalog)
      return [...contract.versions.values()].map((version): IndexEntry => {
        const reason = whyRetired(version) ?? whyUnready(version)
        return { name, version: version.id, state: reason ? 'UNAVAILABLE' : 'READY', reason: reason ?? '' }
      })
    })
}

function whyRetired({ state: { retired } }: Version): string | undefined {
  return retired && (retired.successor ? `retired for ${retired.successor}` : 'retired')
}
