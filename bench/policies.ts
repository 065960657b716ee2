import type { Feature } from './feature.ts'
import { callNumber } from './load/call.ts'
import type { CallJson } from './servers/gateway.ts'

/** So wide that no call is ever refused. */
const bounds = {
  requests: '1000000/second',
  items: '1000000/second',
  tokens: '1000000000/second',
  concurrent: 1_000_000,
  // A call costs USD 0.00004. Of what was spent a counter shows nothing below a billionth of its budget.
  budget: { day: 10_000, month: 100_000 },
}
const { requests, tokens, budget } = bounds
const everywhere = { keyLimits: bounds, policies: { owners: bounds, consumer: { limits: bounds } } }
const outputTokens = 400
const reserved = { consumer: { limits: { tokens, budget } }, limits: { outputTokens } }
/** Of each of five owners: three rates, calls in flight, a budget by day and one by month. */
const allBounds = 5 * 6
/** Together a quarter of what the load asks at once: most of the others wait. With half of it hardly a call did. */
const queued = { limits: { inFlight: 8, queue: 256 }, consumer: { priority: 'high' } }
const cache = { ttl: '1h' }
const idempotency = { 'idempotency-key': callNumber }

/** A gateway forgets who signed a token when it has seen 10,000 others since. */
const tokensForgotten = 11_000

const every = (is: (call: CallJson) => boolean) => (calls: readonly CallJson[]) => calls.length > 0 && calls.every(is)
const asked = every(({ cache }) => cache === undefined)
const missed = every(({ cache }) => cache === 'miss')
const hit = every(({ cache }) => cache === 'hit')
const waited = (share: number) => (calls: readonly CallJson[]) =>
  calls.filter(({ queueMs }) => queueMs > 0).length >= Math.max(1, share * calls.length)
/** In the order in which a header has them; it tells no budgets. */
const limited = (...kinds: readonly string[]) => {
  const policies = kinds.map((kind) => `-${kind}";[^\\n]*`).join('')
  return new RegExp(`^ratelimit-policy:[^\\n]*${policies}$.*certificate`, 'ms')
}
const limitedByAll = limited('requests', 'items', 'tokens', 'concurrent')

const all = {
  keyLimits: bounds,
  policies: {
    owners: bounds,
    consumer: { ...queued.consumer, limits: bounds },
    limits: { ...queued.limits, ...reserved.limits },
    cache,
  },
  headers: idempotency,
  answer: limitedByAll,
  records: (newest) => missed(newest) && waited(0)(newest),
  bounds: allBounds,
  outputTokens,
  replayed: true,
} as const satisfies Feature

const hits = { policies: { cache }, alike: true, answer: /^age: \d.*certificate/ms, records: hit } as const

export const bare = 'nothing declared'
export const allOn = 'all of these on, by key'
export const allOnRedis = 'the same with Redis'
export const cacheHit = 'a cache hit'
export const cacheHitRedis = 'a cache hit in Redis'
export const refusal = 'a 429'

/** By the name of the row. */
export const features: Readonly<Record<string, Feature>> = {
  [bare]: { policies: {}, records: asked },
  'requests of the consumer': {
    policies: { consumer: { limits: { requests } } },
    answer: limited('requests'),
    records: asked,
    bounds: 1,
  },
  'tokens and cost of the consumer, output capped': {
    policies: reserved,
    answer: limited('tokens'),
    records: asked,
    bounds: 3,
    outputTokens,
  },
  'every limit of key, consumer, team, model, version': {
    ...everywhere,
    answer: limitedByAll,
    records: asked,
    bounds: allBounds,
  },
  'a queue that calls wait in': {
    policies: queued,
    records: (newest) => asked(newest) && waited(0.25)(newest),
  },
  'a cache, always a miss': { policies: { cache }, records: missed },
  'an Idempotency-Key of its own': { policies: {}, headers: idempotency, records: asked, replayed: true },
  "an issuer's token in place of a key": {
    policies: {},
    tokens: 1,
    records: (newest) => every(byToken)(newest) && holdersOf(newest) === 1,
  },
  "an issuer's token, each a new one": {
    policies: {},
    tokens: tokensForgotten,
    records: (newest) => every(byToken)(newest) && holdersOf(newest) === newest.length,
  },
  'a semantic cache that measures': {
    policies: {
      cache: { ...cache, semantic: { mode: 'measure', model: 'embed@v1', timeout: '10s' } },
      models: { embed: embedding() },
    },
    counted: 'astra_cache_semantic_total{model="bench",major="v1",what="would-serve"}',
    // A vector is a call of its own.
    records: (newest) => newest.some(({ model }) => model === 'embed') && missed(newest.filter(({ cache }) => cache)),
  },
  [allOn]: all,
  [allOnRedis]: { ...all, redis: true },
  [cacheHit]: hits,
  [cacheHitRedis]: { ...hits, redis: true },
  [refusal]: {
    policies: { consumer: { limits: { requests: { rate: '1/day', burst: 1 } } } },
    refused: { status: 429, code: 'rate_limited' },
    answer: /^retry-after: \d.*rate_limit/ms,
    records: every(({ code }) => code === 'rate_limited'),
    bounds: 1,
  },
}

function byToken({ keyId }: CallJson): boolean {
  return keyId.startsWith('issuer:')
}

function holdersOf(calls: readonly CallJson[]): number {
  return new Set(calls.map(({ keyId }) => keyId)).size
}

/** In the gateway itself, so that the row has what looking up costs, and no model. All texts mean the same: each look-up finds one. */
function embedding() {
  const dimensions = 384
  const version = { backend: 'echo', answer: { embedding: Array(dimensions).fill(0.05) } }
  const v1 = { task: 'embedding', dimensions, limits: { inFlight: 4096 }, versions: { '1.0': version } }
  return { owner: 'bench', contracts: { v1 } }
}
