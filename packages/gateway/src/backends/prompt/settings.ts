import type { Backend } from '../../kernel/backend.ts'
import type { ChatRequest } from '../../kernel/chat.ts'
import type { Schema } from '../../kernel/schema/schema.ts'

/** The fields of a version in the manifest; `promptSettingsSchema` has checked them. */
export interface PromptSettings {
  /** The backend's name beside its own settings. */
  readonly upstream: { readonly backend: string; readonly [setting: string]: unknown }
  readonly system?: string
  readonly prompt: string
  readonly examples?: readonly PromptExample[]
  readonly temperature: number | null
  readonly outputTokensMax: number
  readonly reasoning?: NonNullable<NonNullable<ChatRequest['reasoning']>['effort']>
  readonly structured: Structured
}

export interface PromptExample {
  readonly input: unknown
  readonly output: unknown
}

/** How the output is asked for. */
export type Structured = 'schema' | 'json' | 'text'

const template = { type: 'string', minLength: 1, maxLength: 100_000 } as const

export function promptSettingsSchema(upstreams: readonly Backend[]): Schema {
  return {
    type: 'object',
    description: "A chat model at another backend, asked by a template: its answer is the contract's output.",
    properties: {
      upstream: {
        description: 'The chat model: `backend`, and the settings of that backend.',
        oneOf: upstreams.map(withName),
      },
      system: { ...template, description: 'What the model is told first; fixed text.' },
      prompt: { ...template, description: 'The message, with {{input}} or fields of it such as {{input.text}}.' },
      examples: {
        type: 'array',
        maxItems: 50,
        description: 'Inputs and the right outputs for them, shown to the model before the call.',
        items: {
          type: 'object',
          properties: { input: {}, output: {} },
          required: ['input', 'output'],
          additionalProperties: false,
        },
      },
      temperature: {
        type: ['number', 'null'],
        minimum: 0,
        maximum: 2,
        description: "Left out: 0. Null, or with `reasoning` and left out: the model's own.",
      },
      outputTokensMax: { type: 'integer', minimum: 1, maximum: 1_000_000, description: 'Left out: 1024.' },
      reasoning: {
        type: 'string',
        enum: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'],
        description: 'Effort, for models that reason. Its tokens count against outputTokensMax.',
      },
      structured: {
        type: 'string',
        enum: ['schema', 'json', 'text'],
        description:
          "How the output is asked for. schema: upstream holds the answer to the contract's schema; json: to some JSON; text: it is only told the schema. Left out: schema.",
      },
    },
    required: ['upstream', 'prompt'],
    additionalProperties: false,
  }
}

/** One alternative per backend, told apart by its name. */
function withName({ name, settings }: Backend): Schema {
  const { properties = {}, required = [] } = settings
  return {
    ...settings,
    properties: { backend: { type: 'string', const: name }, ...properties },
    required: ['backend', ...required],
  }
}

export function readSettings(settings: Readonly<Record<string, unknown>>): PromptSettings {
  return settings as unknown as PromptSettings
}
