import type { ProviderV4, SharedV4ProviderOptions } from '@ai-sdk/provider'
import type { ImagePart, ReasoningPart } from '../../kernel/chat.ts'
import type { Droppable } from './droppable.ts'
import type { ProviderSettings } from './settings.ts'

/** Everything that is known of a vendor. Another one is a row here. */
export interface Provider {
  readonly label: string
  /** The ways to sign in; the first that fits the settings is taken. */
  readonly access: readonly AccessForm[]
  /** Where the vendor's own tools look for its API key. */
  readonly keyEnv: string
  /** Texts into vectors. */
  readonly embeds: boolean
  /** Loads the vendor's package: on first use, as a start should not wait for nine of them. */
  load(): Promise<(access: Access) => Pick<ProviderV4, 'languageModel' | 'embeddingModel'>>
  /** Goes with every request. */
  readonly always?: SharedV4ProviderOptions
  /** How it is told to call one tool at a time, and of which models that is true; left out: it cannot be told. */
  readonly parallelOff?: { readonly options: SharedV4ProviderOptions; readonly models?: RegExp }
  /** How it is told how many tokens to reason with at most; left out: it cannot be told. */
  readonly reasoningTokensMax?: (tokens: number) => SharedV4ProviderOptions
  /** Goes with a request that asks for reasoning. */
  readonly reasoning?: SharedV4ProviderOptions
  /** How it is told how closely to look at an image; left out: it cannot be told. */
  readonly imageDetail?: (detail: NonNullable<ImagePart['detail']>) => SharedV4ProviderOptions
  /**
   * What it takes back of its reasoning in earlier turns: all of it, what it signed, or nothing. The rest is left out, as another model's
   * reasoning means nothing to it and is no part of what was asked.
   */
  readonly reasoningBack: 'all' | 'signed' | 'nothing'
  /** What it gives along with its reasoning to have back. */
  readonly proof?: { readonly vendor: string; readonly fields: Partial<Record<keyof Proof, string>> }
  /** The field of `proof.vendor` by which it signs its tool calls, to have it back with them. */
  readonly callProof?: string
  /** It has a field for a tool that failed; others are told in words. */
  readonly tellsToolFailure?: true
  /** Its package sends no text beside a tool call: two messages then. */
  readonly toolCallsApart?: true
  /** What its package would leave out without a word, and so is refused here. */
  readonly drops: readonly Droppable[]
  /** What the model is called in a rehearsal, where its own name asks for a way to sign in that a rehearsal has not. */
  readonly rehearsedAs?: (model: string) => string
  /** Remarks of its package that cost the caller nothing. */
  readonly harmless?: RegExp
}

export type Proof = Pick<ReasoningPart, 'signature' | 'redacted'>

export interface AccessForm {
  readonly needs: readonly AccessField[]
  readonly takes?: readonly AccessField[]
}

export type AccessField = Exclude<keyof ProviderSettings, 'provider' | 'model' | 'baseUrl'>

export const secretFields = [
  'apiKey',
  'accessKeyId',
  'secretAccessKey',
  'sessionToken',
] as const satisfies AccessField[]
export type SecretField = (typeof secretFields)[number]

export interface Access {
  readonly settings: ProviderSettings
  readonly secrets: Readonly<Partial<Record<SecretField, string>>>
  /** What most packages take. An empty key keeps them from looking for one themselves. */
  readonly keyed: { readonly apiKey: string; readonly baseURL?: string; readonly fetch: typeof globalThis.fetch }
}

const byKey: readonly AccessForm[] = [{ needs: ['apiKey'] }]

const gemini = {
  reasoningTokensMax: (tokens: number) => thinking({ thinkingBudget: tokens, includeThoughts: true }),
  reasoning: thinking({ includeThoughts: true }),
  reasoningBack: 'all',
  proof: { vendor: 'google', fields: { signature: 'thoughtSignature' } },
  callProof: 'thoughtSignature',
  tellsToolFailure: true,
  // The package would fetch it from here.
  drops: ['toolResultImageUrl'],
  // Without its signature a call is sent with the placeholder that Google documents for this.
  harmless: /^Replayed \d+ `functionCall` part/,
} as const

export const providers = {
  google: {
    label: 'Google Gemini',
    access: byKey,
    keyEnv: 'GOOGLE_GENERATIVE_AI_API_KEY',
    embeds: true,
    load: async () => {
      const { createGoogle } = await import('@ai-sdk/google')
      return ({ keyed }) => createGoogle(keyed)
    },
    ...gemini,
  },
  vertex: {
    label: 'Google Vertex AI',
    access: [{ needs: ['apiKey'] }, { needs: ['project', 'location'] }],
    keyEnv: 'GOOGLE_VERTEX_API_KEY',
    embeds: true,
    load: async () => {
      const { createGoogleVertex } = await import('@ai-sdk/google-vertex')
      // Without a key the package finds the machine's credentials itself (GOOGLE_APPLICATION_CREDENTIALS, or where it runs).
      return ({ keyed, settings: { project = '', location = '' } }) =>
        createGoogleVertex({ ...keyed, project, location })
    },
    ...gemini,
    proof: { vendor: 'googleVertex', fields: gemini.proof.fields },
    rehearsedAs: (model) => model.replace(/^endpoints\//, 'tuned-'),
  },
  bedrock: {
    label: 'Amazon Bedrock',
    access: [
      { needs: ['apiKey', 'region'] },
      { needs: ['accessKeyId', 'secretAccessKey', 'region'], takes: ['sessionToken'] },
    ],
    keyEnv: 'AWS_BEARER_TOKEN_BEDROCK',
    embeds: true,
    load: async () => {
      const { createAmazonBedrock } = await import('@ai-sdk/amazon-bedrock')
      return ({ keyed, settings: { region = '' }, secrets: { apiKey: _, ...signing } }) =>
        createAmazonBedrock({ baseURL: bedrockAddress(region), ...keyed, region, ...signing })
    },
    parallelOff: { options: { anthropic: { disableParallelToolUse: true } }, models: /anthropic/ },
    reasoningTokensMax: (budgetTokens) => ({ amazonBedrock: { reasoningConfig: { type: 'enabled', budgetTokens } } }),
    proof: { vendor: 'amazonBedrock', fields: { signature: 'signature', redacted: 'redactedData' } },
    reasoningBack: 'signed',
    drops: ['jsonMode', 'toolResultImageUrl'],
  },
  mistral: {
    label: 'Mistral',
    access: byKey,
    keyEnv: 'MISTRAL_API_KEY',
    embeds: true,
    load: async () => {
      const { createMistral } = await import('@ai-sdk/mistral')
      return ({ keyed }) => createMistral(keyed)
    },
    parallelOff: { options: { mistral: { parallelToolCalls: false } } },
    reasoningBack: 'all',
    drops: ['toolResultImage'],
  },
  cohere: {
    label: 'Cohere',
    access: byKey,
    keyEnv: 'COHERE_API_KEY',
    embeds: true,
    load: async () => {
      const { createCohere } = await import('@ai-sdk/cohere')
      return ({ keyed }) => createCohere(keyed)
    },
    reasoningTokensMax: (tokenBudget) => ({ cohere: { thinking: { type: 'enabled', tokenBudget } } }),
    imageDetail: (detail) => ({ cohere: { detail } }),
    reasoningBack: 'nothing',
    toolCallsApart: true,
    drops: ['audio', 'file', 'toolStrict', 'toolResultImage'],
  },
  groq: {
    label: 'Groq',
    access: byKey,
    keyEnv: 'GROQ_API_KEY',
    embeds: false,
    load: async () => {
      const { createGroq } = await import('@ai-sdk/groq')
      return ({ keyed }) => createGroq(keyed)
    },
    parallelOff: { options: { groq: { parallelToolCalls: false } } },
    reasoningBack: 'all',
    drops: ['toolResultImage'],
  },
  xai: {
    label: 'xAI',
    access: byKey,
    keyEnv: 'XAI_API_KEY',
    embeds: false,
    load: async () => {
      const { createXai } = await import('@ai-sdk/xai')
      return ({ keyed }) => createXai(keyed)
    },
    // The vendor keeps nothing, and gives its reasoning along instead.
    always: { xai: { store: false } },
    parallelOff: { options: { xai: { parallelToolCalls: false } } },
    imageDetail: (imageDetail) => ({ xai: { imageDetail } }),
    proof: { vendor: 'xai', fields: { signature: 'reasoningEncryptedContent' } },
    reasoningBack: 'signed',
    drops: [],
  },
  deepseek: {
    label: 'DeepSeek',
    access: byKey,
    keyEnv: 'DEEPSEEK_API_KEY',
    embeds: false,
    load: async () => {
      const { createDeepSeek } = await import('@ai-sdk/deepseek')
      return ({ keyed }) => createDeepSeek(keyed)
    },
    imageDetail: (imageDetail) => ({ deepseek: { imageDetail } }),
    reasoningBack: 'all',
    drops: [],
  },
} as const satisfies Record<string, Provider>

export type ProviderName = keyof typeof providers

export function providerOf({ provider }: Pick<ProviderSettings, 'provider'>): Provider {
  return providers[provider]
}

function thinking(thinkingConfig: Readonly<Record<string, number | boolean>>): SharedV4ProviderOptions {
  return { google: { thinkingConfig } }
}

/** Said outright, as the package would let an environment variable of the AWS tools name another host. */
function bedrockAddress(region: string): string {
  return `https://bedrock-runtime.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}
