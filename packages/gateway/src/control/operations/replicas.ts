import Type from 'typebox'
import { type Contract, versionKey } from '../../kernel/catalog.ts'
import { AstraError } from '../../kernel/errors.ts'
import { type Operation, type OperationContext, operation } from '../../kernel/operation.ts'
import { type ReplicaState, type ReplicaStatus, replicaStates } from '../../kernel/replicas.ts'
import { precondition } from './manifest.ts'
import type { OperationPorts, ReplicaPlace, ReplicaReports, ReplicasSet } from './ports.ts'
import { choice, closed, count, isoTime, listOf, majorText, revision, text, time } from './schemas.ts'
import { modelOf } from './unknown.ts'
import { withoutUndefined } from './without-undefined.ts'

const stateNames = Object.keys(replicaStates) as ReplicaState[]
const meanings = stateNames.map((state) => `${state}: ${replicaStates[state].means}`).join('; ')

export const replicaState = choice(stateNames, { description: meanings })
export const replicaReason = text('Why it is not ready; for operators')

const replica = closed({
  address: Type.String(),
  source: text("The manifest's entry that it comes from: the address, or the name that resolved to it"),
  state: replicaState,
  reason: Type.Optional(replicaReason),
  since: time,
  inFlight: count,
  attempts: count,
  failures: Type.Integer({ minimum: 0, description: "Attempts that failed by the replica's fault" }),
  latencyMs: Type.Optional(Type.Number({ description: 'Moving average, ms' })),
  waiting: Type.Optional(Type.Integer({ minimum: 0, description: 'Calls that wait or run there, by its own report' })),
})

const name = closed({ name: Type.String(), reason: text('Why it does not resolve just now') })

const version = closed({
  version: Type.String(),
  replicas: listOf(replica),
  unresolved: listOf(name, { description: 'Names that do not resolve just now; the addresses last known stay' }),
})

const place = {
  model: text('Name of the model', 64),
  major: majorText,
  version: text('Id of the version', 64),
  address: text('http(s)://host:port, dns+http(s)://name:port or unix:/path.sock', 2000),
}
const replicasSet = closed({ revision, replicas: listOf(Type.String()) })

type PlaceInput = Omit<ReplicaPlace, 'major'> & { readonly major: string }

export function replicaOperations({ catalogControl, replicas }: OperationPorts): readonly Operation[] {
  type Change = (place: ReplicaPlace, ifMatch: readonly string[], actor: string) => Promise<ReplicasSet>
  const changing =
    (change: Change) =>
    async ({ major, ...rest }: PlaceInput, context: OperationContext) => {
      const at = { ...rest, major: Number(major.slice(1)) }
      const set = await change(at, precondition(context), context.caller.keyId)
      context.etag(String(set.revision))
      return set
    }
  const replicasOf = ({ model, major, version }: PlaceInput, output?: object) => {
    const { revision, model: named } = catalogControl.current()
    const found = named(model)
      ?.contracts.get(Number(major.slice(1)))
      ?.versions.get(version)
    return output ?? (found && { revision, replicas: found.state.replicas })
  }
  return [
    operation({
      name: 'listReplicas',
      summary: "A contract's replicas by version, as this gateway sees them",
      kind: 'query',
      permission: 'read',
      method: 'GET',
      path: '/models/{model}/{major}/replicas',
      input: closed({ model: place.model, major: majorText }),
      output: closed({ revision, versions: listOf(version) }),
      run: async ({ model, major }, { etag }) => {
        const catalog = catalogControl.current()
        etag(String(catalog.revision))
        const contract = modelOf(catalog, model).contracts.get(Number(major.slice(1)))
        if (!contract) throw new AstraError('unknown_major', { detail: `${model} has no ${major}` })
        return { revision: catalog.revision, versions: versionsOf(contract, replicas) }
      },
    }),
    operation({
      name: 'addReplica',
      summary: 'Adds a replica to a version, once it answers and serves the same files; no change if it has it already',
      kind: 'mutation',
      permission: 'operate',
      method: 'POST',
      path: '/models/{model}/{major}/versions/{version}/replicas',
      guarded: true,
      input: closed(place),
      output: replicasSet,
      audit: replicasOf,
      run: changing(catalogControl.addReplica),
    }),
    operation({
      name: 'removeReplica',
      summary: 'Takes a replica from a version; calls in flight there end in peace. No change if it has it not',
      kind: 'mutation',
      permission: 'operate',
      method: 'DELETE',
      path: '/models/{model}/{major}/versions/{version}/replicas',
      guarded: true,
      input: closed(place),
      output: replicasSet,
      audit: replicasOf,
      run: changing(catalogControl.removeReplica),
    }),
  ]
}

function versionsOf(contract: Contract, { status, nameFault }: ReplicaReports) {
  const live = [...contract.versions.values()].filter(({ state }) => !state.retired && state.replicas.length > 0)
  return live.map(({ id, state }) => ({
    version: id,
    replicas: status(versionKey(contract.model, contract.major, id)).map(replicaOf),
    unresolved: state.replicas.flatMap((entry) => {
      const reason = nameFault(entry)
      return reason === undefined ? [] : [{ name: entry, reason }]
    }),
  }))
}

function replicaOf({ since, latencyMs, ...status }: ReplicaStatus) {
  const rounded = latencyMs === undefined ? undefined : Math.round(latencyMs * 10) / 10
  return withoutUndefined({ ...status, since: isoTime(since), latencyMs: rounded })
}
