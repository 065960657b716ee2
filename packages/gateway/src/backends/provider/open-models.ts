import type { EmbeddingModelV4, LanguageModelV4 } from '@ai-sdk/provider'
import type { Version } from '../../kernel/catalog.ts'
import type { Secret } from '../../kernel/secret.ts'
import type { SecretSource } from '../secrets/secret-source.ts'
import { readSecrets, type Secrets } from './access.ts'
import { type Provider, providerOf } from './providers.ts'
import { type ProviderSettings, readSettings, upstreamModel } from './settings.ts'

/** One version's models, as its vendor's package speaks to them. */
export interface Opened {
  readonly provider: Provider
  /** "google/gemini-2.5-flash" */
  readonly upstream: string
  /** What no message may show. */
  readonly secrets: readonly Secret[]
  readonly chat: () => LanguageModelV4
  /** The same, but what it sends goes nowhere: it tells what it could not carry. */
  readonly rehearsal: () => LanguageModelV4
  readonly embedding: () => EmbeddingModelV4
}

export type OpenModels = (version: Version) => Promise<Opened>

/** Kept per version for as long as its secrets stay the same: a Google token, for one, is worth keeping. */
export function createOpenModels(source: SecretSource, fetch: typeof globalThis.fetch): OpenModels {
  const kept = new WeakMap<Version, Opened>()
  return async (version) => {
    const settings = readSettings(version.state.settings)
    const secrets = await readSecrets(settings, source)
    const known = kept.get(version)
    if (known && isSame(known.secrets, secrets)) return known
    const opened = await open(settings, secrets, fetch)
    kept.set(version, opened)
    return opened
  }
}

function isSame(known: readonly Secret[], secrets: Secrets): boolean {
  return Object.values(secrets).every((secret, place) => secret.reveal() === known[place]?.reveal())
}

export async function open(
  settings: ProviderSettings,
  secrets: Secrets,
  fetch: typeof globalThis.fetch,
): Promise<Opened> {
  const provider = providerOf(settings)
  const { model, baseUrl } = settings
  const connect = await provider.load()
  const base = baseUrl ? { baseURL: baseUrl } : {}
  const texts = Object.fromEntries(Object.entries(secrets).map(([field, secret]) => [field, secret.reveal()]))
  const real = connect({ settings, secrets: texts, keyed: { ...base, apiKey: texts.apiKey ?? '', fetch } })
  // Signs in with nothing: whatever the way to sign in, the request is the same.
  const idle = connect({ settings, secrets: {}, keyed: { ...base, apiKey: 'none', fetch: silence } })
  return {
    provider,
    upstream: upstreamModel(settings),
    secrets: Object.values(secrets),
    chat: () => real.languageModel(model),
    rehearsal: () => idle.languageModel(provider.rehearsedAs?.(model) ?? model),
    embedding: () => real.embeddingModel(model),
  }
}

/** An answer without a word, at once. */
const silence: typeof globalThis.fetch = async () => {
  return new Response(new ReadableStream({ start: (controller) => controller.close() }))
}
