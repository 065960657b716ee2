import type { CacheOutcome } from '../kernel/cache.ts'
import type { CallRecord } from '../kernel/record.ts'
import type { UsageDimension } from '../kernel/store.ts'
import { addLatency, emptyHistogram, type LatencyHistogram } from './latency-histogram.ts'

/** One row of the minute roll-ups: the calls of one minute that agree in every dimension. */
export interface UsageGroup extends Readonly<Record<UsageDimension, string>> {
  /** Minutes since the Unix epoch. */
  readonly minute: number
  calls: number
  /** Those with the outcome `failed`. */
  failed: number
  /** Those that the cache answered. */
  cached: number
  items: number
  inputTokens: number
  cachedInputTokens: number
  cacheWriteInputTokens: number
  outputTokens: number
  reasoningTokens: number
  /** Of those that have a price. */
  costUsd: number
  /** Those for which a model ran without one. */
  unpriced: number
  latencySumMs: number
  readonly latency: LatencyHistogram
}

/** What a roll-up needs to know of a Record. */
export type UsageFacts = Pick<
  CallRecord,
  | 'time'
  | 'model'
  | 'versionAssigned'
  | 'versionServed'
  | 'consumer'
  | 'team'
  | 'door'
  | 'outcome'
  | 'code'
  | 'items'
  | 'inputTokens'
  | 'cachedInputTokens'
  | 'cacheWriteInputTokens'
  | 'outputTokens'
  | 'reasoningTokens'
  | 'costUsd'
  | 'unpriced'
  | 'cache'
  | 'latencyMs'
>

export interface UsageRollup {
  add(facts: UsageFacts): void
  /** Everything added since the last take. */
  take(): readonly UsageGroup[]
}

/** Fields of a Record that are summed up as they are. */
const summed = [
  'items',
  'inputTokens',
  'cachedInputTokens',
  'cacheWriteInputTokens',
  'outputTokens',
  'reasoningTokens',
  'costUsd',
] as const
const noSums = {
  ...{ calls: 0, failed: 0, cached: 0, items: 0, latencySumMs: 0, costUsd: 0, unpriced: 0 },
  ...{ inputTokens: 0, cachedInputTokens: 0, cacheWriteInputTokens: 0, outputTokens: 0, reasoningTokens: 0 },
}

/** Outcomes of the cache with which no model was asked for the call. */
const answering: ReadonlySet<CacheOutcome> = new Set(['hit', 'stale', 'joined', 'semantic'])

const minuteMs = 60_000
const unversionedModelsMax = 1000

/**
 * Sums Records up by minute and dimensions.
 *
 * A caller chooses the model's name, so a name stands in the roll-ups only when it means something: a version was assigned,
 * or the refusal says that the model exists. Refusals may also come before the model is looked up; of their names the first
 * 1000 distinct ones are kept. All others are summed under "", so that made-up names cannot grow the roll-ups without bound.
 */
export function usageRollup(): UsageRollup {
  let groups = new Map<string, UsageGroup>()
  const unversioned = new Set<string>()

  function modelOf(facts: UsageFacts, version: string): string {
    if (version !== '' || unversioned.has(facts.model)) return facts.code === 'unknown_model' ? '' : facts.model
    if (facts.code === 'unknown_model' || unversioned.size >= unversionedModelsMax) return ''
    unversioned.add(facts.model)
    return facts.model
  }

  return {
    add(facts) {
      const group = groupOf(groups, facts, modelOf)
      group.calls += 1
      if (facts.outcome === 'failed') group.failed += 1
      if (facts.cache && answering.has(facts.cache)) group.cached += 1
      if (facts.unpriced) group.unpriced += 1
      for (const name of summed) group[name] += finite(facts[name])
      group.latencySumMs += finite(facts.latencyMs)
      addLatency(group.latency, facts.latencyMs)
    },
    take() {
      const taken = [...groups.values()]
      groups = new Map()
      return taken
    },
  }
}

function groupOf(
  groups: Map<string, UsageGroup>,
  facts: UsageFacts,
  modelOf: (facts: UsageFacts, version: string) => string,
): UsageGroup {
  const minute = Math.floor(facts.time / minuteMs)
  const version = facts.versionServed ?? facts.versionAssigned ?? ''
  const model = modelOf(facts, version)
  const { consumer, door, outcome } = facts
  const code = facts.code ?? ''
  const team = facts.team ?? ''
  const key = `${minute}\0${model}\0${version}\0${consumer}\0${team}\0${door}\0${outcome}\0${code}`
  const known = groups.get(key)
  if (known) return known
  const group = { minute, model, version, consumer, team, door, outcome, code, ...noSums, latency: emptyHistogram() }
  groups.set(key, group)
  return group
}

/** Sums must survive whatever a Record holds: one NaN would poison a minute for good. */
function finite(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) ? value : 0
}
