import assert from 'node:assert/strict'
import type { AttemptSignal } from '../../kernel/attempt-signal.ts'
import type { Backend, BackendEvent, Prediction, Relay } from '../../kernel/backend.ts'
import type { CachePolicy } from '../../kernel/cache.ts'
import type { Call } from '../../kernel/call.ts'
import type { CatalogState, ContractLimits, ContractRevision } from '../../kernel/catalog-state.ts'
import type { CapturePolicy, Hedge } from '../../kernel/contract-policies.ts'
import { type ErrorCode, toAstraError } from '../../kernel/errors.ts'
import type { RunningExperiment } from '../../kernel/experiment.ts'
import type { Counters, Limits } from '../../kernel/limits.ts'
import type { Observer } from '../../kernel/observation.ts'
import type { CallRecord } from '../../kernel/record.ts'
import type { ShadowStore, ShadowSum } from '../../kernel/shadow.ts'
import { createCache } from '../cache/cache.ts'
import { FakeCacheStore } from '../cache/testing/fake-cache-store.ts'
import { createInFlight } from '../charge/in-flight.ts'
import { createReserve } from '../charge/reserve.ts'
import { fakeCounters } from '../charge/testing/fake-counters.ts'
import { createHedgeBudget } from '../dispatch/hedge-budget.ts'
import { createFleet } from '../dispatch/replicas/fleet.ts'
import { fleetsBeside } from '../dispatch/replicas/fleet-beside.ts'
import type { TokenCounter } from '../dispatch/usage/token-counter.ts'
import { Observers } from '../observe/observe.ts'
import { OwnCalls } from '../observe/own-calls.ts'
import { Shadow } from '../observe/shadow/shadow.ts'
import { createJourney } from '../serve.ts'
import { testCall, testCaller, testCatalog } from './fixtures.ts'

const bedLimits: ContractLimits = {
  bodyBytesMax: 10_000,
  itemsMax: 4,
  timeoutMs: 1000,
  firstByteMs: 60_000,
  idleMs: 60_000,
  inFlightMax: 2,
}

export type Predict = (replica: string, signal: AttemptSignal, inputs: readonly unknown[]) => Promise<Prediction>
export type Stream = (replica: string, signal: AttemptSignal) => AsyncIterable<BackendEvent>

export const echo: Predict = async (_replica, _signal, inputs) => ({ items: inputs.map((output) => ({ output })) })

export interface Script {
  readonly predict?: Predict
  readonly stream?: Stream
  readonly replicas?: readonly string[]
  readonly repeatable?: boolean
  readonly streams?: boolean
  readonly relay?: Relay
  /** What 1.0 and 1.1 run; 1.1 is the fallback of 1.0. */
  readonly upstreamModels?: Readonly<Record<string, string>>
  /** One token a character, unless it is given. */
  readonly counter?: TokenCounter
  readonly prices?: NonNullable<CatalogState['prices']>
  readonly counters?: Counters
  readonly cache?: CachePolicy
  readonly cacheStore?: FakeCacheStore
  /** Of the consumer `demo`. */
  readonly limits?: Limits
  readonly shadowLimits?: Limits
  readonly modelLimits?: Limits
  readonly contractLimits?: Partial<ContractLimits>
  readonly hedge?: Hedge
  /** 1.1 is asked beside 1.0, which answers. */
  readonly shadow?: { readonly share: number }
  readonly shadowReplicas?: readonly string[]
  /** Besides the shadow; then every call is observed. */
  readonly observers?: readonly Observer[]
  readonly capture?: CapturePolicy
  /** Left out: a text in, a text out. */
  readonly revision?: ContractRevision
  /** Of 1.1, which answers as 1.0 does, against 1.0, which has half of the units. */
  readonly experiment?: Partial<RunningExperiment>
}

/** A journey over one scripted backend, with all the Records that it kept. */
export function journeyWith(script: Script = {}) {
  const records: CallRecord[] = []
  let now = 0
  let ids = 0
  const clock = { now: () => now, elapsed: () => now++, id: () => `call-${++ids}` }
  const { predict = echo, stream } = script
  const backend: Backend = {
    name: 'fake',
    settings: {},
    addresses: () => ['embedded'],
    repeatable: script.repeatable ?? true,
    withDefaults: (settings) => settings,
    inspect: async () => ({ digest: undefined }),
    predict: (_version, replica, inputs, { signal }) => predict(replica, signal, inputs),
    stream: (_version, replica, _input, { signal }) => (stream ? stream(replica, signal) : nothing()),
    upstreamModel: ({ model }) => (typeof model === 'string' ? model : undefined),
    ...(script.relay ? { relay: script.relay } : {}),
    close: async () => undefined,
  }
  const { upstreamModels, prices } = script
  const settings = (id: string) => ({ settings: { model: upstreamModels?.[id] } })
  const catalog = testCatalog(script.experiment ? { '1.0': 1, '1.1': 1 } : { '1.0': 1 }, {
    versions: {
      '1.0': { replicas: script.replicas ?? ['a'], ...settings('1.0') },
      '1.1': { replicas: script.shadowReplicas ?? ['fallback'], ...settings('1.1') },
    },
    contract: {
      streams: script.streams ?? true,
      ...(script.contractLimits ? { limits: { ...bedLimits, ...script.contractLimits } } : {}),
      ...(script.revision ? { revisions: [script.revision] } : {}),
      ...(script.cache ? { cache: script.cache } : {}),
      ...(script.shadow ? { shadow: { version: '1.1', ...script.shadow } } : {}),
      ...(script.observers ? { drift: { windowMs: 60_000, first: 100 } } : {}),
      ...(script.capture ? { capture: script.capture } : {}),
      ...(script.hedge ? { hedge: script.hedge } : {}),
      ...(upstreamModels ? { task: 'chat' as const, fallback: ['1.1'] } : {}),
    },
    ...(prices ? { prices } : {}),
    ...(script.experiment ? { experiment: script.experiment } : {}),
    ...(script.modelLimits ? { limits: script.modelLimits } : {}),
    consumers: {
      ...(script.limits ? { demo: { demo: true, limits: script.limits } } : {}),
      ...(script.shadowLimits ? { 'astra-shadow': { demo: false, limits: script.shadowLimits } } : {}),
    },
  })
  const backends = new Map([['fake', backend]])
  let uncheckedCalls = 0
  const unchecked = () => {
    uncheckedCalls++
  }
  const faults: unknown[] = []
  const shadowSums: ShadowSum[] = []
  const own = new OwnCalls(clock, (...asked) => journey.settle(...asked))
  const store: ShadowStore = { add: async (sums) => void shadowSums.push(...sums), sums: async () => shadowSums }
  const shadow = new Shadow({ clock, store, own })
  const observers = new Observers([shadow, ...(script.observers ?? [])], (thrown) => faults.push(thrown))
  const replicas = { clock, random: Math.random, addresses: (entry: string) => [entry] }
  const fleet = createFleet(replicas)
  const cache = createCache({ store: script.cacheStore ?? new FakeCacheStore(), clock })
  const keep = (record: CallRecord) => {
    records.push(record)
    own.kept(record)
    observers.kept(record)
  }
  const journey = createJourney({
    clock,
    catalog: () => catalog,
    backends,
    fleet,
    fleetOf: fleetsBeside(fleet, replicas),
    hedges: createHedgeBudget(),
    counter: script.counter ?? { count: (_text, length = _text.length) => length },
    inFlight: createInFlight(clock),
    cache,
    observers,
    limits: createReserve({ counters: script.counters ?? fakeCounters().counters, clock, backends, unchecked }),
    begin: () => undefined,
    unitSalt: 'secret',
    record: { elapsed: clock.elapsed, hashUnit: (unit) => `#${unit}`, keep },
  })
  const advance = (ms: number) => {
    now += ms
  }
  return { journey, records, advance, cache, shadow, own, faults, fleet, unchecked: () => uncheckedCalls }
}

async function* nothing(): AsyncGenerator<BackendEvent> {}

/** A Record may wait until its tokens are counted; then it is there. */
export function counted(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Serves one call to its end. */
export async function outcome(
  { journey, records }: ReturnType<typeof journeyWith>,
  over: Partial<Call> = {},
  caller = testCaller(),
): Promise<{ code: ErrorCode | undefined; record: CallRecord; chunks: unknown[] }> {
  const chunks: unknown[] = []
  let code: ErrorCode | undefined
  try {
    const answer = await journey.serve(testCall(over), caller)
    if (answer.kind === 'stream') for await (const event of answer.events) chunks.push(event)
  } catch (thrown) {
    code = toAstraError(thrown).code
  }
  await counted()
  assert.equal(records.length, 1, 'exactly one Record')
  return { code, record: records[0] as CallRecord, chunks }
}
