import type { Backend } from '../../kernel/backend.ts'
import type { CatalogState, VersionState } from '../../kernel/catalog-state.ts'
import { AstraError, operatorReason, toAstraError } from '../../kernel/errors.ts'
import { plainReplica, replicaFault } from '../manifest/replica-address.ts'
import type { ReplicaPlace } from '../operations/ports.ts'
import type { ReplicaNames } from '../replicas/replica-names.ts'
import { verifySeal } from '../replicas/verify-seal.ts'
import { deployedContract, deployedVersion, withContract } from './deployed.ts'

export interface ReplicasChange {
  readonly state: CatalogState
  readonly replicas: readonly string[]
}

type Names = Pick<ReplicaNames, 'expand' | 'known'>

const replicasMax = 1000

/**
 * The state with one more replica of a version; the same state where it has it already. The new one is asked first: it must
 * answer, and be what was applied. Rejects with `invalid_input`, `version_retired` or `conflict`.
 */
export async function withReplica(
  state: CatalogState,
  place: ReplicaPlace,
  backends: ReadonlyMap<string, Backend>,
  names: Names,
  signal: AbortSignal,
): Promise<ReplicasChange> {
  const address = plainReplica(place.address)
  const { version, name, put } = find(state, place)
  const backend = backends.get(version.backend)
  if (!backend?.addresses(version.settings))
    throw invalidAddress(`has no use: the backend ${version.backend} runs in the gateway`)
  if (version.retired) throw new AstraError('version_retired', { detail: `Version ${name} was retired` })
  const fault = replicaFault(address)
  if (fault) throw invalidAddress(fault.message, fault.suggestion)
  if (version.replicas.map(plainReplica).includes(address)) return { state, replicas: version.replicas }
  if (version.replicas.length >= replicasMax) throw invalidAddress(`would be one more than ${replicasMax}`)
  await requireSame(version, name, address, backend, names, signal)
  return put([...version.replicas, address])
}

/** The state with one replica less; the same where it has it not. The last one stays: rejects with `conflict`. */
export function withoutReplica(state: CatalogState, place: ReplicaPlace, names: Names): ReplicasChange {
  const address = plainReplica(place.address)
  const { version, name, put } = find(state, place)
  const { replicas } = version
  if (!replicas.map(plainReplica).includes(address)) {
    const source = replicas.find((entry) => names.known(entry).includes(address))
    if (source === undefined) return { state, replicas }
    throw new AstraError('conflict', {
      detail: `${address} is not in the list of ${name}: it comes from ${source}`,
      next: 'Take it out of the name (DNS), or remove the name itself.',
    })
  }
  const left = replicas.filter((entry) => plainReplica(entry) !== address)
  if (left.length > 0) return put(left)
  throw new AstraError('conflict', {
    detail: `${address} is the last replica of ${name}`,
    next: 'Add another one first, or retire the version in the manifest ("retired: {}").',
  })
}

function find(state: CatalogState, { model, major, version: id }: ReplicaPlace) {
  const contract = deployedContract(state, model, major)
  const version = deployedVersion(contract, `${model}@v${major}`, id)
  const put = (replicas: readonly string[]): ReplicasChange => {
    const versions = { ...contract.versions, [id]: { ...version, replicas } }
    return { state: withContract(state, model, major, { ...contract, versions }), replicas }
  }
  return { version, name: `${model}@v${major} ${id}`, put }
}

/** Who adds a replica operates it, so the reason is theirs to know. */
async function requireSame(
  version: VersionState,
  name: string,
  address: string,
  backend: Backend,
  names: Names,
  signal: AbortSignal,
): Promise<void> {
  const cannot = (reason: string) =>
    new AstraError('conflict', {
      detail: `${address} was not added to ${name}: ${reason}`,
      next: 'Mend that, then add it again; nothing was changed.',
    })
  const addresses = await names.expand([address], signal).catch((thrown) => {
    throw cannot(operatorReason(toAstraError(thrown)))
  })
  for (const one of addresses) {
    const finding = await verifySeal(backend, version, one, signal)
    if (finding.seal !== 'same') throw cannot(signal.aborted ? `${one} took too long to answer` : finding.reason)
  }
}

function invalidAddress(message: string, suggestion?: string): AstraError {
  const violation = { path: '/address', message, ...(suggestion === undefined ? {} : { suggestion }) }
  return new AstraError('invalid_input', { violations: [violation] })
}
