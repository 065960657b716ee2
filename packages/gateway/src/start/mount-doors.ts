import type { FastifyInstance } from 'fastify'
import { auditOperations } from '../control/audit/audit-operations.ts'
import type { Mask } from '../control/audit/audit-text.ts'
import { dialects } from '../dialects/dialects.ts'
import { anthropicModels } from '../journey/accept/anthropic/anthropic-models.ts'
import { mountAnthropic } from '../journey/accept/anthropic/mount-anthropic.ts'
import { mountFrontPage } from '../journey/accept/front-page.ts'
import { mountGraphql } from '../journey/accept/graphql/mount-graphql.ts'
import { mountNative } from '../journey/accept/native/mount-native.ts'
import { mountOip } from '../journey/accept/oip/mount-oip.ts'
import { mountOpenai } from '../journey/accept/openai/mount-openai.ts'
import { openaiModels } from '../journey/accept/openai/openai-models.ts'
import { mountPlatform } from '../journey/accept/platform/mount-platform.ts'
import { mountModels } from '../journey/accept/wire/mount-models.ts'
import type { WireDoor } from '../journey/accept/wire/wire-door.ts'
import { wordsIn } from '../journey/dispatch/usage/text-sample.ts'
import type { TokenCounter } from '../journey/dispatch/usage/token-counter.ts'
import { anthropicEmit } from '../journey/emit/anthropic/anthropic-emit.ts'
import { graphqlEmit } from '../journey/emit/graphql/graphql-emit.ts'
import { nativeEmit } from '../journey/emit/native/native-emit.ts'
import { oipEmit } from '../journey/emit/oip/oip-emit.ts'
import { openaiEmit } from '../journey/emit/openai/openai-emit.ts'
import { lookUp, permittedContracts } from '../journey/look-up.ts'
import { operate } from '../journey/operate.ts'
import type { Metrics } from '../journey/record/metrics.ts'
import type { Journey } from '../journey/serve.ts'
import type { AuditLog } from '../kernel/audit.ts'
import { type Catalog, type Version, versionKey } from '../kernel/catalog.ts'
import type { Clock } from '../kernel/clock.ts'
import type { DoorContext } from '../kernel/door.ts'
import type { AstraError } from '../kernel/errors.ts'
import type { Operation } from '../kernel/operation.ts'
import { type ReplicaFleet, replicaStates } from '../kernel/replicas.ts'
import {
  anthropicHeader,
  anthropicPrefixes,
  oipPrefixes,
  openaiPrefixes,
  type Serves,
  sharedWirePrefix,
} from './door-paths.ts'
import { sendError } from './http-server.ts'
import { callerOf } from './identify-requests.ts'
import { mountOperationsDoor } from './operations-door.ts'
import { softwareVersion } from './software-version.ts'

export interface Doors {
  readonly clock: Clock
  readonly catalog: () => Catalog
  readonly operations: readonly Operation[]
  readonly audit: AuditLog
  /** Whether a text is a key that is known here. */
  readonly isKey: (text: string) => boolean
  readonly mask: Mask
  readonly journey: Pick<Journey, 'settle' | 'refuse'>
  readonly fleet: ReplicaFleet
  readonly metrics: Metrics
  readonly bodyBytesMax: number
  /** Counts tokens where upstream cannot. */
  readonly counter: TokenCounter
  readonly notReady: () => readonly string[]
  /** What does not work as it should, and keeps nobody from being served. */
  readonly degraded?: () => readonly string[]
  /** Of a fault of ours outside a call's journey: its caller sees `internal`, an operator the reason. */
  readonly report: (error: AstraError) => void
}

/** Every door of the gateway; a new one is a folder under accept, one under emit, and a line here. */
export function mountDoors(http: FastifyInstance, given: Doors, serves: Serves = 'all'): void {
  const doors = partOf(given, serves)
  const { clock, catalog, operations, journey, fleet, bodyBytesMax, notReady, report } = doors
  const audited = auditOperations(operate, { log: doors.audit, clock, isKey: doors.isKey, mask: doors.mask, report })
  const context: DoorContext = {
    clock,
    catalog,
    operations,
    serve: journey.settle,
    refuse: journey.refuse,
    operate: audited,
  }
  mountFrontPage(http)
  mountPlatform(http, { context, callerOf, error: sendError, bodyBytesMax, report })
  mountGraphql(http, context, callerOf, graphqlEmit, report)
  mountOperationsDoor(http, { ...doors, metrics: serves === 'calls' ? undefined : doors.metrics })
  if (serves === 'management') return
  mountNative(http, { context, emit: nativeEmit, callerOf, bodyBytesMax })
  for (const prefix of oipPrefixes) {
    mountOip(http, prefix, {
      context,
      emit: oipEmit,
      callerOf,
      lookUp: (name, caller) => lookUp(name, caller, catalog()),
      contracts: (caller) => permittedContracts(caller, catalog()),
      notReady,
      whyUnready: (version) => whyUnready(version, fleet),
      softwareVersion,
      report,
    })
  }
  mountWireDoors(http, doors, context)
}

/** What a listener shows of the whole: callers' operations are those that a key may use which only infers. */
function partOf(doors: Doors, serves: Serves): Doors {
  if (serves === 'calls') {
    return { ...doors, operations: doors.operations.filter(({ permission }) => [permission].flat().includes('infer')) }
  }
  return serves === 'management' ? { ...doors, catalog: () => withoutModels(doors.catalog()) } : doors
}

const bare = new WeakMap<Catalog, Catalog>()

function withoutModels(catalog: Catalog): Catalog {
  let without = bare.get(catalog)
  if (!without) {
    const state = { ...catalog.state, models: {} }
    without = { ...catalog, state, model: () => undefined, modelNames: () => [] }
    bare.set(catalog, without)
  }
  return without
}

/** The doors that speak a language model's protocol. */
function mountWireDoors(http: FastifyInstance, doors: Doors, context: DoorContext): void {
  const { catalog, bodyBytesMax, counter, report } = doors
  const door: Omit<WireDoor, 'emit'> = {
    context,
    codecs: dialects,
    callerOf,
    lookUp: (name, caller) => lookUp(name, caller, catalog()),
    contracts: (caller) => permittedContracts(caller, catalog()),
    bodyBytesMax,
    countTokens: (value) => wordsIn(value).tokens(counter),
    report,
  }
  const openai: WireDoor = { ...door, emit: openaiEmit }
  const anthropic: WireDoor = { ...door, emit: anthropicEmit }
  for (const prefix of openaiPrefixes) mountOpenai(http, prefix, openai)
  for (const prefix of anthropicPrefixes) mountAnthropic(http, prefix, anthropic, prefix === sharedWirePrefix)
  const [openaiPrefix] = openaiPrefixes
  const [anthropicPrefix] = anthropicPrefixes
  mountModels(http, openaiPrefix, openai, () => openaiModels)
  mountModels(http, anthropicPrefix, anthropic, () => anthropicModels)
  mountModels(http, sharedWirePrefix, openai, ({ headers }) =>
    headers[anthropicHeader] === undefined ? openaiModels : anthropicModels,
  )
}

/** Of a backend inside the gateway there is nothing to tell. */
function whyUnready({ id, contract, state }: Version, fleet: ReplicaFleet): string | undefined {
  if (state.replicas.length === 0) return undefined
  const replicas = fleet.status(versionKey(contract.model, contract.major, id))
  if (replicas.some((replica) => replicaStates[replica.state].takesCalls)) return undefined
  return replicas.length === 0 ? 'it has no replica' : 'none of its replicas takes calls'
}
