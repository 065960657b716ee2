import { stringify } from 'yaml'
import type { CatalogState, ContractState, ModelState, VersionState } from '../../kernel/catalog-state.ts'
import { contractName } from '../../kernel/contract-name.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { taskTable } from '../../kernel/tasks.ts'
import { holdersOf, isOver } from '../catalog/held-traffic.ts'
import { cacheOut } from './cache-policy.ts'
import { captureOut } from './capture.ts'
import { consumerOut, teamOut } from './consumer.ts'
import { defaultMajor, usualLimits, usualStreams } from './defaults.ts'
import { driftOut } from './drift.ts'
import { experimentOut } from './experiment.ts'
import { metricOut } from './feedback-metrics.ts'
import { gateOut } from './gates.ts'
import { issuerOut } from './issuer.ts'
import { judgeOut } from './judges.ts'
import { ownerLimitsOut } from './owner-limits.ts'
import { durationText, sizeText } from './quantities.ts'
import { ruleOut } from './traffic-rules.ts'

/**
 * The manifest that makes this state: it reads back to it, with defaults left out where the state has them. Experiments that are over are
 * history, which no manifest makes; weights that one holds are its own, so what stands there is what another gateway would begin with.
 */
export function writeManifest(state: CatalogState): string {
  const { models, consumers, teams, issuers, prices, experiments = {} } = state
  const holders = holdersOf(state)
  const standing = Object.entries(experiments).filter(([, { progress }]) => !isOver(progress.status))
  return stringify(
    {
      models: Object.fromEntries(Object.entries(models).map(([name, model]) => [name, modelOut(name, model, holders)])),
      ...(teams ? { teams: mapValues(teams, teamOut) } : {}),
      consumers: mapValues(consumers, consumerOut),
      ...(issuers ? { issuers: mapValues(issuers, issuerOut) } : {}),
      ...(prices ? { prices } : {}),
      ...(standing.length > 0 ? { experiments: mapValues(Object.fromEntries(standing), experimentOut) } : {}),
    },
    { lineWidth: 120, aliasDuplicateObjects: false },
  )
}

type Holders = ReturnType<typeof holdersOf>

function modelOut(name: string, model: ModelState, holders: Holders): object {
  const { owner, description, defaultMajor: major, contracts, limits } = model
  const held = (major: string, contract: ContractState) => {
    const holder = holders.get(contractName(name, major))
    return holder ? { ...contract, weights: { [holder.experiment.control]: 100 } } : contract
  }
  const usual = defaultMajor(Object.entries(contracts).map(([major, contract]) => [Number(major), contract]))
  return tidy({
    owner,
    description,
    default: major === usual ? undefined : `v${major}`,
    limits: ownerLimitsOut(limits),
    contracts: Object.fromEntries(
      Object.entries(contracts).map(([major, contract]) => [`v${major}`, contractOut(held(major, contract))]),
    ),
  })
}

function contractOut(contract: ContractState): object {
  const { task, description, streams, examples, deprecated, versions, revisions, cache, metrics, gates, judges } =
    contract
  return tidy({
    ...taskOut(contract),
    description,
    earlier: revisions.length > 1 ? revisions.slice(0, -1).map(({ tensors: _, ...schemas }) => schemas) : undefined,
    streams: streams === usualStreams(task) ? undefined : streams,
    examples: examples.length > 0 ? examples : undefined,
    limits: limitsOut(contract),
    deprecated,
    versions: mapValues(versions, (version) => versionOut(version, revisions.length)),
    traffic: trafficOut(contract),
    cache: cache && cacheOut(cache),
    capture: contract.capture && captureOut(contract.capture),
    metrics: metrics && mapValues(metrics, metricOut),
    gates: gates?.map(gateOut),
    judges: judges && mapValues(judges, judgeOut),
    drift: contract.drift && driftOut(contract.drift),
  })
}

/** The fields that the task takes, read back out of the schemas that it made of them. */
function taskOut({ task, revisions }: ContractState): object {
  const latest = revisions.at(-1)
  const { takes } = taskTable[task]
  const fields = {
    labels: latest?.output.properties?.label?.enum,
    dimensions: latest?.output.properties?.embedding?.minItems,
    input: latest?.input,
    output: latest?.output,
    chunk: latest?.chunk,
  } satisfies Record<(typeof takes)[number], Schema | readonly unknown[] | number | undefined>
  const taken = Object.fromEntries(takes.map((field) => [field, fields[field]]))
  return { task: task === 'custom' ? undefined : task, ...taken }
}

function limitsOut({ task, limits }: ContractState): object | undefined {
  const usual = usualLimits(task)
  return some({
    body: limits.bodyBytesMax === usual.bodyBytesMax ? undefined : sizeText(limits.bodyBytesMax),
    items: limits.itemsMax === usual.itemsMax ? undefined : limits.itemsMax,
    timeout: limits.timeoutMs === usual.timeoutMs ? undefined : durationText(limits.timeoutMs),
    firstByte: limits.firstByteMs === usual.firstByteMs ? undefined : durationText(limits.firstByteMs),
    idle: limits.idleMs === usual.idleMs ? undefined : durationText(limits.idleMs),
    inFlight: limits.inFlightMax === usual.inFlightMax ? undefined : limits.inFlightMax,
    queue: limits.queueMax,
    outputTokens: limits.outputTokensMax,
    whenUnavailable: limits.whenUnavailable,
  })
}

function trafficOut({ weights, fallback, hedge, rules, shadow }: ContractState): object | undefined {
  return some({
    weights: some(weights),
    fallback,
    hedge: hedge && { after: durationText(hedge.afterMs), share: hedge.share },
    rules: rules?.map(ruleOut),
    shadow,
  })
}

function versionOut({ backend, replicas, revision, settings, retired, limits }: VersionState, latest: number): object {
  return tidy({
    backend,
    ...settings,
    replicas: replicas.length > 0 ? replicas : undefined,
    revision: revision === latest ? undefined : revision,
    retired,
    limits: ownerLimitsOut(limits),
  })
}

function mapValues<T>(record: Readonly<Record<string, T>>, map: (value: T) => object): Record<string, object> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}

function tidy(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** Undefined where nothing is left. */
function some(fields: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const left = tidy(fields)
  return Object.keys(left).length > 0 ? left : undefined
}
