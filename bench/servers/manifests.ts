import { contract } from '../workload.ts'

/** A manifest as data; JSON is YAML. */
export type ManifestText = string

interface Versions {
  readonly [id: string]: Readonly<Record<string, unknown>>
}

function chatContract(versions: Versions, weights: Readonly<Record<string, number>>) {
  return { ...contract, limits: { inFlight: 4096 }, versions, traffic: { weights } }
}

function model(versions: Versions, weights: Readonly<Record<string, number>>) {
  return { owner: 'bench', contracts: { v1: chatContract(versions, weights) } }
}

function manifest(models: Readonly<Record<string, unknown>>, rest: object = {}): ManifestText {
  return JSON.stringify({ models, consumers: { bench: {} }, ...rest })
}

const at = (upstream: string) => ({ backend: 'oip', replicas: [upstream] })

/** Two versions at the instant upstream, half of the calls each: the row that the budget is about. */
export function splitManifest(upstream: string): ManifestText {
  return manifest({ chat: model({ '1.0': at(upstream), '1.1': at(upstream) }, { '1.0': 50, '1.1': 50 }) })
}

/** One version: what a traffic split adds is the difference. */
export function oneVersionManifest(upstream: string): ManifestText {
  return manifest({ chat: model({ '1.0': at(upstream) }, { '1.0': 100 }) })
}

/** The same with a cache in memory. */
export function cacheManifest(upstream: string): ManifestText {
  const { owner, contracts } = model({ '1.0': at(upstream) }, { '1.0': 100 })
  return manifest({ chat: { owner, contracts: { v1: { ...contracts.v1, cache: { ttl: '1h' } } } } })
}

/** No upstream at all: what asking one adds is the difference. */
export function inProcessManifest(answer: unknown): ManifestText {
  return manifest({ chat: model({ '1.0': { backend: 'echo', answer } }, { '1.0': 100 }) })
}

/**
 * `count` models, each with two versions at the instant upstream. Their contracts are derived from the upstream's tensors: a
 * manifest may have 512 KiB, and a thousand models that write their schemas out have more.
 */
export function manyModelsManifest(upstream: string, count: number): ManifestText {
  const versions = { '1.0': at(upstream), '1.1': at(upstream) }
  const v1 = { limits: { inFlight: 4096 }, versions, traffic: { weights: { '1.0': 50, '1.1': 50 } } }
  const names = Array.from({ length: count }, (_, n) => modelName(n))
  return manifest(Object.fromEntries(names.map((name) => [name, { owner: 'bench', contracts: { v1 } }])))
}

export function modelName(n: number): string {
  return `chat-${n}`
}

/** Streams as each call's own script says. */
export function streamManifest(): ManifestText {
  const text = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }
  const script = { type: 'object', additionalProperties: true }
  const scripted = { type: 'object', properties: { text: { type: 'string' }, echo: script }, required: ['text'] }
  const v1 = {
    streams: true,
    input: scripted,
    output: text,
    chunk: text,
    limits: { inFlight: 4096, timeout: '5m' },
    versions: { '1.0': { backend: 'echo', words: 'text', scripted: true } },
  }
  return manifest({ story: { owner: 'bench', contracts: { v1 } } })
}

/** Where the gateway finds the key of the vendor. */
export const vendorKey = { env: 'ASTRA_BENCH_VENDOR_KEY' } as const

/** What is declared of a language model besides what answers; nothing by default. */
export interface Policies {
  /** Of its contract. */
  readonly limits?: object
  readonly cache?: object
  readonly consumer?: object
  /** Of the consumer's team, the model and each version. */
  readonly owners?: object
  readonly models?: object
  readonly issuers?: object
}

/** Two versions of a language model at an upstream that speaks OpenAI's protocol, half of the calls each, with a price. */
export function languageModelManifest(upstream: string, policies: Policies = {}): ManifestText {
  const { limits, cache, consumer, owners, models, issuers } = policies
  const owned = owners && { limits: owners }
  const version = { backend: 'openai', model: 'bench', apiKey: vendorKey, replicas: [`${upstream}/v1`], ...owned }
  const v1 = {
    task: 'chat',
    limits: { inFlight: 4096, timeout: '5m', ...limits },
    versions: { '1.0': version, '1.1': version },
    traffic: { weights: { '1.0': 50, '1.1': 50 } },
    cache,
  }
  const prices = { 'openai/bench': [{ from: '2026-01-01', input: 0.15, output: 0.6 }] }
  const teams = owned && { teams: { bench: owned } }
  const consumers = { bench: { ...(owned && { team: 'bench' }), ...consumer } }
  const rest = { prices, issuers, consumers, ...teams }
  return manifest({ bench: { owner: 'bench', contracts: { v1 }, ...owned }, ...models }, rest)
}

/** The models of bench/models, on the embedded runtime. */
export function computeManifest(): ManifestText {
  const number = { type: 'number' }
  const v1 = {
    input: {
      type: 'object',
      properties: { x: { type: 'array', items: number, minItems: 16, maxItems: 16 } },
      required: ['x'],
    },
    output: { type: 'object', properties: { y: number }, required: ['y'] },
    limits: { inFlight: 4096, timeout: '60s' },
    versions: { '1.0': {} },
  }
  const each = { owner: 'bench', contracts: { v1 } }
  return manifest({ deep: each, wide: each })
}
