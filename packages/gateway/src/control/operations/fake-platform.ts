import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { AuditEntry } from '../../kernel/audit.ts'
import type { SemanticReport } from '../../kernel/cache.ts'
import { callerOf, type Key } from '../../kernel/caller.ts'
import type { DriftDrops, DriftSum } from '../../kernel/drift.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { EvaluationRun } from '../../kernel/evaluation.ts'
import type { JudgeSum } from '../../kernel/judge.ts'
import type { LimitStatus } from '../../kernel/limits.ts'
import type { Payload, PayloadsOf } from '../../kernel/payload.ts'
import type { CallRecord, Feedback } from '../../kernel/record.ts'
import type { ReplicaStatus } from '../../kernel/replicas.ts'
import { Secret } from '../../kernel/secret.ts'
import type { ShadowDisagreement, ShadowSum } from '../../kernel/shadow.ts'
import type { CallFilter, StoredKey, UsageQuery } from '../../kernel/store.ts'
import { DriftLooks } from '../drift/drift-looks.ts'
import { noHistory } from '../experiments/history.ts'
import type { Kept } from '../experiments/kept.ts'
import { createKeyring } from '../keys/keyring.ts'
import { createCaseSets } from '../sets/case-sets.ts'
import { memorySets } from '../sets/testing/memory-sets.ts'
import { fakeCatalog, noon } from './fake-catalog.ts'
import { fakeEvaluations } from './fake-evaluations.ts'
import { platformOperations } from './operations.ts'
import type { LimitOwners, OperationPorts } from './ports.ts'

/** A platform in memory for tests: operations run on it as a door runs them, their input and output held against the schemas. */
export async function fakePlatform() {
  const calls = new Map<string, CallRecord>()
  const waiting = new Map<string, CallRecord>()
  const feedback: Feedback[] = []
  const asked: {
    filter?: CallFilter
    usage?: UsageQuery
    plan?: unknown
    apply?: readonly unknown[]
    traffic?: unknown
    experiment?: unknown
    forgotten?: string
    replica?: unknown
    audit?: unknown
    purged?: string
    payloadsGone?: PayloadsOf
    limits?: LimitOwners
  } = {}
  const kept: { latest: Kept['latest']; history: Kept['history'] } = { latest: undefined, history: noHistory }
  const limits: LimitStatus[] = []
  const questions: string[] = []
  const semanticReports: SemanticReport[] = []
  const shadowSums: ShadowSum[] = []
  const driftSums: (DriftSum & { readonly first: boolean })[] = []
  const driftDrops: DriftDrops[] = []
  const judgeSums: JudgeSum[] = []
  const disagreements: ShadowDisagreement[] = []
  const evaluationRuns: EvaluationRun[] = []
  const keys: StoredKey[] = []
  const payloads = new Map<string, Payload>()
  const nameFaults = new Map<string, string>()
  const replicas = new Map(
    ['spam@v1/1.0', 'spam@v1/1.1'].map((version): [string, readonly ReplicaStatus[]] => [version, [replica]]),
  )
  const clock = { now: () => noon, elapsed: () => 0, id: () => 'id' }
  const ports: OperationPorts = {
    clock,
    catalogControl: {
      current: () => fakeCatalog,
      export: () => 'models: {}\n',
      plan: async (...input) => {
        asked.plan = input
        return { revision: 7, valid: true, faults: [], changes: [], notes: [], gates: [], openapiDiff: '', sdlDiff: '' }
      },
      apply: async (...input) => {
        asked.apply = input
        return { revision: 8, changes: [{ action: 'add', what: 'model ham', breaking: false }], notes: [], gates: [] }
      },
      setTraffic: async (...input) => {
        asked.traffic = input
        return { revision: 8, weights: {}, fallback: [], ...input[2] }
      },
      changeExperiment: async (...input) => {
        asked.experiment = input
        const experiment = fakeCatalog.state.experiments?.[input[0]]
        if (!experiment) throw new AstraError('unknown_experiment')
        return { revision: 8, experiment }
      },
      createExperiment: async (...input) => {
        asked.experiment = input
        const experiment = fakeCatalog.state.experiments?.['spam-1-1']
        if (!experiment) throw new AstraError('unknown_experiment')
        return { revision: 8, experiment }
      },
      updateExperiment: async (...input) => {
        asked.experiment = input
        const experiment = fakeCatalog.state.experiments?.[input[0]]
        if (!experiment) throw new AstraError('unknown_experiment')
        return { revision: 8, experiment }
      },
      deleteExperiment: async (...input) => {
        asked.experiment = input
        return 8
      },
      addReplica: async (...input) => {
        asked.replica = input
        return { revision: 8, replicas: ['http://10.0.0.7:8000', input[0].address] }
      },
      removeReplica: async (...input) => {
        asked.replica = input
        return { revision: 8, replicas: ['http://10.0.0.7:8000'] }
      },
    },
    keyring: await createKeyring({
      store: {
        keys: async () => keys,
        saveKeys: async (saved) => void keys.push(...saved),
        keyUses: async () => new Map(),
        saveKeyUses: async () => {},
      },
      clock,
      random: randomBytes,
    }),
    holdsKey: (text) => text.includes(chosenKey),
    cache: {
      purge: async (prefix) => {
        asked.purged = prefix
        return 3
      },
      semanticReports: () => semanticReports,
    },
    audit: {
      list: async (filter) => {
        asked.audit = filter
        return { entries: [auditEntry], next: undefined }
      },
    },
    tokens: { mint: async (...asked) => new Secret(JSON.stringify(asked)) },
    records: {
      feedback: async (judgement) => void feedback.push(judgement),
      flush: async () => {
        for (const [id, record] of waiting) calls.set(id, record)
      },
    },
    reports: {
      call: async (id) => calls.get(id),
      callByReference: async (consumer, reference) =>
        [...calls.values()].find((call) => call.consumer === consumer && call.reference === reference),
      calls: async (filter) => {
        asked.filter = filter
        return { calls: [...calls.values()], next: undefined }
      },
      feedback: async (id) => feedback.filter(({ callId }) => callId === id),
      usage: async (query) => {
        asked.usage = query
        return [usageRow]
      },
      spent: async () => [],
      evidence: async () => [],
      circuit: async () => ({}),
      totals: async () => ({}),
      runs: async () => [],
    },
    experiments: {
      kept: async () => kept,
      fault: () => undefined,
    },
    pending: {
      recentCall: (id) => waiting.get(id),
      recentRecord: (id) => waiting.get(id),
      recentByReference: (consumer, reference) =>
        [...waiting.values()].find((call) => call.consumer === consumer && call.reference === reference)?.id,
    },
    limits: {
      look: async (owners) => {
        asked.limits = owners
        return limits
      },
      admitQuestion: async ({ keyId }) => void questions.push(keyId),
    },
    payloads: {
      payload: async (id) => payloads.get(id),
      forget: async (of) => {
        asked.payloadsGone = of
        return payloads.size
      },
      payloads: async () => ({ payloads: [...payloads.values()], next: undefined }),
      count: async () => payloads.size,
    },
    drift: {
      looks: new DriftLooks(
        { sums: async (query) => driftSums.filter(({ first }) => first === (query.first ?? first)) },
        clock,
      ),
      drops: () => driftDrops,
    },
    sets: createCaseSets({ store: memorySets(), clock, catalog: () => fakeCatalog }),
    evaluations: fakeEvaluations(clock, evaluationRuns),
    judges: { sums: async (model) => judgeSums.filter((sum) => sum.model === model) },
    shadow: {
      sums: async (model) => shadowSums.filter((sum) => sum.model === model),
      disagreements: (model) => disagreements.filter((one) => one.model === model),
    },
    replicas: { status: (version) => replicas.get(version) ?? [], nameFault: (entry) => nameFaults.get(entry) },
    status: () => ({
      version: '0.1.0',
      node: 'a',
      startedAt: noon,
      catalogRevision: 7,
      catalogAgeMs: 3,
      calls: { received: 2, recorded: 1, refused: 1 },
      notServed: [],
      notEvaluated: [],
      accounting: { waiting: 0, written: 1, fault: undefined },
      limits: { counters: 'memory', fault: undefined },
    }),
  }
  const operations = platformOperations(ports)

  async function run(name: string, input: object, by: Partial<Key> = {}, ifMatch?: string) {
    const operation = operations.find((known) => known.name === name)
    assert.ok(operation, name)
    fits(operation.input, input)
    const tags: string[] = []
    const { signal } = new AbortController()
    const caller = callerOf({ ...adminKey, ...by })
    const output = await operation.run(input as never, {
      caller,
      ifMatch: ifMatch === undefined ? undefined : [ifMatch],
      signal,
      etag: (tag) => tags.push(tag),
    })
    fits(operation.output, output)
    return { output: output as Record<string, unknown>, etag: tags[0] }
  }

  return {
    run,
    operations,
    ports,
    kept,
    limits,
    questions,
    semanticReports,
    shadowSums,
    driftSums,
    driftDrops,
    judgeSums,
    disagreements,
    evaluationRuns,
    payloads,
    calls,
    waiting,
    feedback,
    asked,
    replicas,
    nameFaults,
  }
}

export const replica: ReplicaStatus = {
  address: 'http://10.0.0.7:8000',
  source: 'http://10.0.0.7:8000',
  state: 'ready',
  reason: undefined,
  since: noon,
  inFlight: 0,
  attempts: 0,
  failures: 0,
  latencyMs: undefined,
  waiting: undefined,
}

const auditEntry: AuditEntry = {
  id: 7,
  time: noon,
  keyId: 'key_admin',
  consumer: 'admin',
  address: '127.0.0.1',
  operation: 'revokeKey',
  target: '/keys/key_1',
  outcome: 'refused',
  code: 'unknown_key',
  before: undefined,
  after: undefined,
}

/** A key of no form that could be known. */
export const chosenKey = 'correct-horse-battery-staple-2026'

export const adminKey: Key = { id: 'key_admin', consumer: 'admin', permissions: ['admin'], createdAt: 0 }

export const record: CallRecord = {
  id: '019aab00-0000-7000-8000-000000000001',
  time: noon + 123,
  door: 'native',
  consumer: 'demo',
  keyId: 'key_1',
  model: 'spam',
  major: 1,
  versionAssigned: '1.1',
  versionServed: '1.1',
  assignReason: 'weights-unit',
  propensity: 0.5,
  unitHash: undefined,
  session: undefined,
  reference: 'order-7',
  tags: undefined,
  catalogRevision: 7,
  outcome: 'ok',
  code: undefined,
  reason: undefined,
  latencyMs: 27.14,
  firstChunkMs: undefined,
  queueMs: 3,
  upstreamMs: 20,
  streamed: false,
  items: 1,
  itemsFailed: 0,
  inputTokens: undefined,
  cachedInputTokens: undefined,
  cacheWriteInputTokens: undefined,
  outputTokens: undefined,
  reasoningTokens: undefined,
  usageEstimated: false,
  upstreamModel: undefined,
  costUsd: undefined,
  unpriced: false,
  attempts: [
    { role: 'serve', version: '1.1', replica: 'embedded', atMs: 2, durationMs: 20, code: undefined, reason: undefined },
  ],
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
}

const usageRow = {
  time: noon - 60_000,
  by: { model: 'spam' },
  calls: 3,
  failed: 1,
  cached: 0,
  items: 3,
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  costUsd: 0.75,
  unpriced: 1,
  latencyMeanMs: 1.5,
  latencyP50Ms: 1,
  latencyP95Ms: 3,
  latencyP99Ms: 3,
}

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, formats: { 'date-time': isoForm() } })

function isoForm() {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
}

function fits(schema: object, value: unknown): void {
  const check = ajv.compile(schema)
  assert.ok(check(value), JSON.stringify([check.errors, value]))
}
