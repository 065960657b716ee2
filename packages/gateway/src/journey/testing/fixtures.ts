import assert from 'node:assert/strict'
import type { Call } from '../../kernel/call.ts'
import { type Caller, callerOf } from '../../kernel/caller.ts'
import type { Catalog, Contract, Model, Share, Version } from '../../kernel/catalog.ts'
import type { ConsumerState, ContractState, VersionState } from '../../kernel/catalog-state.ts'
import type { RunningExperiment, TrafficRule } from '../../kernel/experiment.ts'
import type { Limits } from '../../kernel/limits.ts'
import { compileCheck } from '../../kernel/schema/validator.ts'

/** Hand-made calls, callers and catalogs for the tests of the stages. */

export function testCall(over: Partial<Call> = {}): Call {
  return {
    id: '01976f3a-0000-7000-8000-000000000001',
    door: 'native',
    model: 'spam',
    major: 1,
    inputs: [{ text: 'hello' }],
    batch: false,
    stream: false,
    options: {},
    receivedAt: 1_000_000,
    startedAt: 0,
    trace: { traceId: 'a'.repeat(32), sampled: false, tracestate: undefined },
    signal: new AbortController().signal,
    ...over,
  }
}

export function testCaller(
  over: { models?: readonly string[]; permissions?: readonly ['infer'] | readonly [] } = {},
): Caller {
  return callerOf({ id: 'key_1', consumer: 'demo', permissions: ['infer'], createdAt: 0, ...over })
}

/** One model `spam` with one contract, v1, whose versions and weights are given. */
export function testCatalog(
  weights: Readonly<Record<string, number>>,
  over: {
    versions?: Readonly<Record<string, Partial<VersionState>>>
    contract?: Partial<ContractState>
    prices?: NonNullable<Catalog['state']['prices']>
    /** Besides `demo`. */
    consumers?: Catalog['state']['consumers']
    teams?: NonNullable<Catalog['state']['teams']>
    /** Of the model. */
    limits?: Limits
    /** Its control is 1.0. */
    experiment?: Partial<RunningExperiment>
    rules?: readonly TrafficRule[]
  } = {},
): Catalog {
  const versions = over.versions ?? Object.fromEntries(Object.keys(weights).map((id) => [id, {}]))
  const state: ContractState = {
    task: 'custom',
    streams: false,
    revisions: [
      {
        input: closed({ text: { type: 'string', maxLength: 1000 } }),
        output: closed({ text: { type: 'string' } }),
        chunk: closed({ text: { type: 'string' } }),
      },
    ],
    examples: [],
    limits: { bodyBytesMax: 10_000, itemsMax: 4, timeoutMs: 1000, firstByteMs: 60_000, idleMs: 60_000, inFlightMax: 2 },
    versions: Object.fromEntries(
      Object.entries(versions).map(([id, version]) => [id, { ...plainVersion, ...version }]),
    ),
    weights,
    ...over.contract,
  }
  const plain = contractFrom(state)
  const contract = { ...plain, ...steered(plain, over) }
  const model: Model = {
    name: 'spam',
    owner: 'mail-platform',
    description: undefined,
    defaultMajor: 1,
    contracts: new Map([[1, contract]]),
    limits: over.limits,
  }
  const consumers = new Map<string, ConsumerState>(Object.entries({ demo: { demo: true }, ...over.consumers }))
  const teams = new Map(Object.entries(over.teams ?? {}))
  const limited = over.limits ? { limits: over.limits } : {}
  return {
    revision: 7,
    activatedAt: 0,
    state: {
      models: { spam: { owner: model.owner, defaultMajor: 1, contracts: { 1: state }, ...limited } },
      consumers: Object.fromEntries(consumers),
      ...(over.teams ? { teams: over.teams } : {}),
      ...(over.prices ? { prices: over.prices } : {}),
    },
    model: (name) => (name === 'spam' ? model : undefined),
    modelNames: () => ['spam'],
    hasConsumer: (name) => consumers.has(name),
    consumer: (name) => consumers.get(name),
    team: (name) => teams.get(name),
  }
}

/** What of a contract steers calls ahead of its weights. */
function steered(
  { versions }: Contract,
  { experiment, rules }: { experiment?: Partial<RunningExperiment>; rules?: readonly TrafficRule[] },
): Pick<Contract, 'experiment' | 'rules'> {
  const version = (id: string): Version => versions.get(id) ?? assert.fail(id)
  const usual = { name: 'spam-1.1', epoch: 1, coverage: 1, paused: false, cached: false, attributionMs: 60_000 }
  return {
    ...(experiment ? { experiment: { ...usual, ...experiment, control: version('1.0') } } : {}),
    ...(rules ? { rules: rules.map((rule) => ({ ...rule, version: version(rule.version) })) } : {}),
  }
}

const plainVersion: VersionState = {
  revision: 1,
  backend: 'fake',
  settings: {},
  replicas: [],
  digest: 'sha256:0',
  immutable: true,
}

function contractFrom(state: ContractState): Contract {
  const published = state.revisions[0]
  if (!published) throw new Error('a contract has a revision')
  const versions = new Map<string, Version>()
  const split: Share[] = []
  const fallback: Version[] = []
  const contract: Contract = {
    model: 'spam',
    major: 1,
    task: state.task,
    description: undefined,
    streams: state.streams,
    publishedRevision: 1,
    published,
    examples: [],
    limits: state.limits,
    deprecated: undefined,
    versions,
    split,
    fallback,
    hedge: state.hedge,
    cache: state.cache,
    drift: state.drift,
    capture: state.capture,
    observed: [state.shadow, state.judges, state.drift, state.capture].some((policy) => policy !== undefined),
    check: compileCheck(published),
  }
  for (const [id, version] of Object.entries(state.versions))
    versions.set(id, { id, contract, state: version, tensors: undefined })
  for (const id of state.fallback ?? []) {
    const version = versions.get(id)
    if (version) fallback.push(version)
  }
  const shadow = state.shadow && versions.get(state.shadow.version)
  if (state.shadow && shadow) Object.assign(contract, { shadow: { ...state.shadow, version: shadow } })
  const total = Object.values(state.weights).reduce((sum, weight) => sum + weight, 0)
  let upTo = 0
  for (const [id, weight] of Object.entries(state.weights)) {
    const version = versions.get(id)
    upTo += weight / total
    if (version && weight > 0) split.push({ version, share: weight / total, upTo })
  }
  return contract
}

function closed(properties: Record<string, object>) {
  return { type: 'object' as const, properties, required: Object.keys(properties), additionalProperties: false }
}
