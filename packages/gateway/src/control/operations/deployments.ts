import Type from 'typebox'
import type { Caller } from '../../kernel/caller.ts'
import { type Catalog, type Contract, type Model, type Version, versionKey } from '../../kernel/catalog.ts'
import type { ContractState } from '../../kernel/catalog-state.ts'
import { contractName } from '../../kernel/contract-name.ts'
import type { CapturePolicy } from '../../kernel/contract-policies.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import { holdersOf } from '../catalog/held-traffic.ts'
import { ruleOut } from '../manifest/traffic-rules.ts'
import type { OperationPorts, ReplicaReports } from './ports.ts'
import { replicaReason, replicaState } from './replicas.ts'
import { choice, closed, deprecation, listOf, majorText, milliseconds, revision, text } from './schemas.ts'
import { hedge, rules, shadow } from './traffic-schemas.ts'
import { modelOf } from './unknown.ts'
import { withoutUndefined } from './without-undefined.ts'

const replica = closed({
  address: text('Or the name, where it stands for no address yet'),
  state: replicaState,
  reason: Type.Optional(replicaReason),
})

const version = closed({
  id: Type.String(),
  revision: Type.Integer({ description: 'Revision of the contract that it implements' }),
  backend: Type.String(),
  replicas: Type.Optional(listOf(replica, { description: 'Shown to keys with the permission read' })),
  digest: Type.String(),
  immutable: Type.Boolean({ description: 'False where upstream may change under its name' }),
  share: Type.Number({ minimum: 0, maximum: 1, description: 'Part of the traffic' }),
  retired: Type.Boolean(),
  successor: Type.Optional(text('What to call instead of a retired version')),
})

/** Whoever calls may know that what they send is kept. */
const capture = closed({
  payload: choice(['redacted', 'full'], { description: 'How what calls ask and are answered is kept' }),
  share: Type.Number({ minimum: 0, maximum: 1, description: 'Of the calls' }),
  keepMs: milliseconds,
})

const holder = closed({
  name: text('The experiment that sets the parts of the traffic just now. Shown to keys with the permission read'),
  status: choice(['running', 'paused']),
})

const contract = closed({
  major: majorText,
  task: Type.String(),
  description: Type.Optional(Type.String()),
  streams: Type.Boolean(),
  revision: Type.Integer({ description: 'The latest' }),
  publishedRevision: Type.Integer({ description: 'The highest that every version with traffic implements' }),
  deprecated: Type.Optional(deprecation),
  versions: listOf(version),
  fallback: Type.Optional(listOf(Type.String(), { description: 'Versions asked in this order when one fails' })),
  hedge: Type.Optional(hedge),
  rules: Type.Optional(rules),
  shadow: Type.Optional(shadow),
  capture: Type.Optional(capture),
  experiment: Type.Optional(holder),
})

const deployment = closed({
  name: Type.String(),
  owner: text('Whom to ask'),
  description: Type.Optional(Type.String()),
  defaultMajor: majorText,
  allowed: Type.Boolean({ description: 'Whether this key may call it' }),
  contracts: listOf(contract),
})

export function deploymentOperations({ catalogControl, replicas }: OperationPorts): readonly Operation[] {
  return [
    operation({
      name: 'listDeployments',
      summary: 'Every model with its contracts, versions and traffic',
      kind: 'query',
      permission: ['infer', 'read'],
      method: 'GET',
      path: '/deployments',
      input: closed({}),
      output: closed({ models: listOf(deployment), revision }),
      run: async (_, { caller, etag }) => {
        const catalog = catalogControl.current()
        etag(String(catalog.revision))
        const models = catalog
          .modelNames()
          .map((name) => deploymentOf(modelOf(catalog, name), catalog, caller, replicas))
        return { models, revision: catalog.revision }
      },
    }),
  ]
}

function deploymentOf(model: Model, catalog: Catalog, caller: Caller, reports: ReplicaReports) {
  const stored = catalog.state.models[model.name]?.contracts
  // Who is sent where names consumers and claims, which are not for everyone who may call a model.
  const mayRead = caller.permissions.has('read')
  return withoutUndefined({
    name: model.name,
    owner: model.owner,
    description: model.description,
    defaultMajor: `v${model.defaultMajor}`,
    allowed: caller.models?.has(model.name) ?? true,
    contracts: [...model.contracts.values()].map((contract) =>
      withoutUndefined({
        major: `v${contract.major}`,
        task: contract.task,
        description: contract.description,
        streams: contract.streams,
        revision: stored?.[contract.major]?.revisions.length ?? contract.publishedRevision,
        publishedRevision: contract.publishedRevision,
        deprecated: contract.deprecated,
        fallback: contract.fallback.length > 0 ? contract.fallback.map(({ id }) => id) : undefined,
        hedge: contract.hedge,
        rules: mayRead ? stored?.[contract.major]?.rules?.map(ruleOut) : undefined,
        shadow: stored?.[contract.major]?.shadow,
        capture: contract.capture && captureOf(contract.capture),
        experiment: mayRead ? holderOf(contract, catalog) : undefined,
        versions: [...contract.versions.values()].map((version) => ({
          ...deployedVersion(version, caller, reports),
          share: shareOf(version.id, stored?.[contract.major]?.weights),
        })),
      }),
    ),
  })
}

function holderOf({ model, major }: Contract, { state }: Catalog) {
  const held = holdersOf(state).get(contractName(model, major))
  if (!held) return undefined
  const status: 'running' | 'paused' = held.experiment.progress.status === 'paused' ? 'paused' : 'running'
  return { name: held.name, status }
}

function captureOf({ payload, share, keepMs }: CapturePolicy) {
  return { payload, share, keepMs }
}

/** Of all calls: while an experiment runs, the contract's own split is of those that are enrolled. */
function shareOf(id: string, weights: ContractState['weights'] = {}): number {
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  return total > 0 && Object.hasOwn(weights, id) ? (weights[id] ?? 0) / total : 0
}

/** Addresses inside the organisation are not for everyone who may call a model. */
function deployedVersion(version: Version, caller: Caller, reports: ReplicaReports) {
  const { id, state } = version
  return withoutUndefined({
    id,
    revision: state.revision,
    backend: state.backend,
    replicas: caller.permissions.has('read') ? replicasOf(version, reports) : undefined,
    digest: state.digest,
    immutable: state.immutable,
    retired: state.retired !== undefined,
    successor: state.retired?.successor,
  })
}

/** A name that stands for no address is shown for what it is: a replica that is missing. */
function replicasOf({ id, contract, state }: Version, { status, nameFault }: ReplicaReports) {
  if (state.retired || state.replicas.length === 0) return []
  const members = status(versionKey(contract.model, contract.major, id))
  const missing = state.replicas.flatMap((address) => {
    const reason = members.some(({ source }) => source === address) ? undefined : nameFault(address)
    return reason === undefined ? [] : [{ address, state: 'down' as const, reason }]
  })
  const known = members.map(({ address, state, reason }) => withoutUndefined({ address, state, reason }))
  return [...known, ...missing]
}
