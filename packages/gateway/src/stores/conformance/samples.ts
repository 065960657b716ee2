import fc from 'fast-check'
import type { Enrolment } from '../../kernel/experiment.ts'
import { limitKinds, ownerKinds, type RefusedBy } from '../../kernel/limits.ts'
import type { CallRecord, Feedback } from '../../kernel/record.ts'
import type { Store } from '../../kernel/store.ts'
import type { NewPlace, StorePlace } from '../conformance.ts'

/** 2026-11-20T10:00:00Z, the start of a minute. */
export const start = Date.UTC(2026, 10, 20, 10)

/** The nth id; ids rise with n. */
export function sampleId(n: number): string {
  return `019aa000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
}

/** The nth call, n ms after `start`; every field but the given ones as a plain call has it. */
export function sampleCall(n: number, given: Partial<CallRecord> = {}): CallRecord {
  return {
    id: sampleId(n),
    time: start + n,
    door: 'native',
    consumer: 'demo',
    keyId: 'key_1',
    team: undefined,
    model: 'spam',
    major: 1,
    versionAssigned: '1.1',
    versionServed: '1.1',
    assignReason: 'weights-unit',
    propensity: 0.5,
    unitHash: 'ab12',
    session: undefined,
    reference: undefined,
    tags: undefined,
    catalogRevision: 3,
    outcome: 'ok',
    code: undefined,
    reason: undefined,
    latencyMs: 12.5,
    firstChunkMs: undefined,
    queueMs: 0.25,
    upstreamMs: 9.75,
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
    cache: undefined,
    refusedBy: undefined,
    finish: undefined,
    enrolment: undefined,
    attempts: [sampleAttempt],
    traceId: '0af7651916cd43dd',
    ...given,
  }
}

const sampleAttempt: CallRecord['attempts'][number] = {
  role: 'serve',
  version: '1.1',
  replica: 'embedded',
  atMs: 0.5,
  durationMs: 9.75,
  code: undefined,
  reason: undefined,
}

export function sampleFeedback(given: Partial<Feedback> = {}): Feedback {
  const judged = { callId: sampleId(1), metric: 'correct', value: true, consumer: 'demo' }
  return { ...judged, source: 'user', comment: undefined, time: start, ...given }
}

/** Objects as a Record has them. */
const plain = { noNullPrototype: true }
const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const maybe = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(values, { nil: undefined })
const ms = fc.double({ min: 0, max: 1e6, noNaN: true }).map(Math.abs) // JSON knows no -0.
const count = fc.nat(1_000_000)
const code = maybe(fc.constantFrom('unknown_model', 'timeout', 'overloaded', 'invalid_input' as const))

const attempt: fc.Arbitrary<CallRecord['attempts'][number]> = fc.record(
  {
    role: fc.constantFrom('serve', 'retry', 'fallback', 'hedge'),
    version: text,
    replica: text,
    atMs: ms,
    durationMs: ms,
    code,
    reason: maybe(text),
  },
  plain,
)

const refusedBy: fc.Arbitrary<RefusedBy> = fc.record(
  {
    owner: fc.record({ kind: fc.constantFrom(...ownerKinds), name: text }, plain),
    kind: fc.constantFrom(...limitKinds),
    limit: ms,
    windowMs: maybe(count),
    remaining: ms,
    resetMs: ms,
    retryAfterMs: maybe(count),
  },
  plain,
)

const enrolment: fc.Arbitrary<Enrolment> = fc.record(
  {
    experiment: text,
    epoch: count,
    arm: text,
    unit: text,
    attributionMs: count,
  },
  plain,
)

/** Any Record but for its id and time, which must be unique and in order. */
export const anyCall: fc.Arbitrary<Omit<CallRecord, 'id' | 'time'>> = fc.record(
  {
    door: fc.constantFrom('native', 'graphql', 'oip', 'openai', 'anthropic'),
    consumer: text,
    keyId: text,
    team: maybe(text),
    model: text,
    major: maybe(count),
    versionAssigned: maybe(text),
    versionServed: maybe(text),
    propensity: maybe(ms),
    unitHash: maybe(text),
    assignReason: maybe(fc.constantFrom('pin', 'only', 'weights-unit', 'weights-session', 'weights-call')),
    session: maybe(text),
    reference: maybe(text),
    tags: maybe(fc.dictionary(text, text, { maxKeys: 3, ...plain })),
    catalogRevision: count,
    outcome: fc.constantFrom('ok', 'refused', 'failed', 'cancelled'),
    code,
    reason: maybe(text),
    latencyMs: ms,
    firstChunkMs: maybe(ms),
    queueMs: ms,
    upstreamMs: ms,
    streamed: fc.boolean(),
    items: count,
    itemsFailed: count,
    inputTokens: maybe(count),
    cachedInputTokens: maybe(count),
    cacheWriteInputTokens: maybe(count),
    outputTokens: maybe(count),
    reasoningTokens: maybe(count),
    usageEstimated: fc.boolean(),
    upstreamModel: maybe(text),
    costUsd: maybe(ms),
    unpriced: fc.boolean(),
    cache: maybe(fc.constantFrom('hit', 'stale', 'joined', 'miss', 'bypass', 'semantic')),
    refusedBy: maybe(refusedBy),
    finish: maybe(fc.constantFrom('stop', 'length', 'tool-calls', 'refusal', 'other')),
    enrolment: maybe(enrolment),
    traceId: text,
    attempts: fc.array(attempt, { maxLength: 3 }),
  },
  plain,
)

/** Runs `use` on an empty store, then closes it. */
export function withStore(newPlace: NewPlace, use: (store: Store) => Promise<void>): Promise<void> {
  return withPlace(newPlace, async (place) => {
    const store = await place.open()
    await use(store)
    await store.close()
  })
}

/** Runs `use` on an empty place, then takes that away. */
export async function withPlace(newPlace: NewPlace, use: (place: StorePlace) => Promise<void>): Promise<void> {
  const place = await newPlace()
  try {
    await use(place)
  } finally {
    await place.remove()
  }
}
