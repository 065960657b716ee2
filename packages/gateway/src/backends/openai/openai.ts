import { openaiFault } from '../../dialects/openai/fault.ts'
import type { Backend } from '../../kernel/backend.ts'
import type { Dialect } from '../../kernel/wire.ts'
import { createVendorBackend, type VendorOptions } from '../vendor/vendor-backend.ts'
import type { VendorProtocol, VendorSettings } from '../vendor/vendor-protocol.ts'

export interface OpenaiSettings extends VendorSettings {
  readonly api: 'chat' | 'responses'
  readonly responses?: boolean
  readonly organization?: string
  readonly project?: string
  readonly azure?: { readonly apiVersion?: string }
  readonly streamUsage: boolean
}

const header = { type: 'string', pattern: '^[!-~]+$', maxLength: 200 } as const

/** OpenAI, Azure OpenAI, and the many servers that speak OpenAI's protocol. */
const openai: VendorProtocol<OpenaiSettings> = {
  name: 'openai',
  description:
    "A model at OpenAI, or at any address that speaks OpenAI's protocol (Azure OpenAI, vLLM, Ollama, Groq, …).",
  address: 'https://api.openai.com/v1',
  keyEnv: 'OPENAI_API_KEY',
  settings: {
    api: {
      type: 'string',
      enum: ['chat', 'responses'],
      description: 'Of the two protocols for chats the one that is spoken. Left out: chat, that is chat completions.',
    },
    responses: {
      type: 'boolean',
      description:
        "Whether callers' own requests for responses may pass through. Left out: at OpenAI's own address only.",
    },
    organization: { ...header, description: 'The organisation that is billed.' },
    project: { ...header, description: 'The project that is billed.' },
    azure: {
      type: 'object',
      description:
        'Azure OpenAI: `model` is the name of a deployment, and replicas must be named, by default as https://<resource>.openai.azure.com/openai/v1.',
      properties: {
        apiVersion: {
          type: 'string',
          pattern: '^[0-9a-z-]+$',
          description: 'With one, replicas are https://<resource>.openai.azure.com, and the older paths are used.',
        },
      },
      additionalProperties: false,
    },
    streamUsage: {
      type: 'boolean',
      description: 'Whether the server knows `stream_options`, and so tells the usage of streams. Left out: true.',
    },
  },
  defaults: { api: 'chat', streamUsage: true },
  sealed: ['api', 'responses', 'azure'],
  dialects: {
    chat: ({ api }) => (api === 'responses' ? 'openai-responses' : 'openai-chat'),
    completion: () => 'openai-completions',
    embedding: () => 'openai-embeddings',
    moderation: () => 'openai-moderations',
  },
  relays: (dialect, settings, own) => relayed[dialect]?.(settings, own) ?? false,
  authorise: (key, { azure }) => (azure ? ['api-key', key] : ['authorization', `Bearer ${key}`]),
  headers: ({ organization, project }) => ({
    ...(organization === undefined ? {} : { 'openai-organization': organization }),
    ...(project === undefined ? {} : { 'openai-project': project }),
  }),
  path: (path, { model, azure }) =>
    azure?.apiVersion === undefined
      ? path
      : `/openai/deployments/${encodeURIComponent(model)}${path}?api-version=${azure.apiVersion}`,
  wording: ({ streamUsage, azure }, own) => ({
    tellsStreamUsage: streamUsage,
    outputLimitField: own || azure ? 'max_completion_tokens' : 'max_tokens',
  }),
  fault: openaiFault,
  misfit: ({ azure, api, responses }) =>
    azure?.apiVersion !== undefined && (api === 'responses' || responses)
      ? { path: 'azure', message: 'has responses only without an apiVersion, at .../openai/v1' }
      : undefined,
  elsewhere: ({ azure }) => azure !== undefined,
}

const always = () => true

const relayed: Partial<Record<Dialect, (settings: OpenaiSettings, own: boolean) => boolean>> = {
  'openai-chat': ({ api }) => api === 'chat',
  'openai-responses': ({ api, responses }, own) => api === 'responses' || (responses ?? own),
  'openai-completions': always,
  'openai-embeddings': always,
  'openai-moderations': always,
}

export function createOpenaiBackend(options: VendorOptions): Backend {
  return createVendorBackend(openai, options)
}
