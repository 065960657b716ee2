import type { Schema } from './schema/schema.ts'

/** The canonical chat form of `chat.ts` as JSON Schema: the contract of every model whose task is chat. */

const text = part('text', { text: string() })
const base64: Schema = { type: 'string', format: 'byte' }
const image = part(
  'image',
  { source: { oneOf: [object({ url: string() }), object({ mediaType: string(), base64 })] } },
  { detail: { type: 'string', enum: ['auto', 'low', 'high'] } },
)
const file = part('file', { mediaType: string(), base64 }, { name: string() })
const audio = part('audio', { mediaType: string(), base64 })
const reasoning = part('reasoning', { text: string() }, { signature: string(), redacted: string() })
const toolCall = part(
  'tool-call',
  { id: string(), tool: string(), arguments: string('JSON text') },
  { signature: string() },
)
const toolResult = part(
  'tool-result',
  { id: string(), content: list({ oneOf: [text, image] }) },
  { failed: { type: 'boolean' } },
)
const finishReason: Schema = { type: 'string', enum: ['stop', 'length', 'tool-calls', 'refusal', 'other'] }
const anyObject: Schema = { type: 'object', additionalProperties: true }

/** Told to whoever sends a text, as vendors' protocols have it. */
const spoken: Pick<Schema, 'examples'> = { examples: [[{ type: 'text', text: '…' }]] }

export const chatRequestSchema: Schema = object(
  {
    messages: {
      type: 'array',
      minItems: 1,
      items: {
        oneOf: [
          message('system', text, spoken),
          message('user', { oneOf: [text, image, audio, file] }, spoken),
          message('assistant', { oneOf: [text, reasoning, toolCall] }, spoken),
          message('tool', toolResult),
        ],
      },
    },
  },
  {
    tools: list(
      object({ name: string(), parameters: anyObject }, { description: string(), strict: { type: 'boolean' } }),
    ),
    toolChoice: { oneOf: [{ type: 'string', enum: ['auto', 'none', 'required'] }, object({ tool: string() })] },
    parallelToolCalls: { type: 'boolean' },
    responseFormat: {
      oneOf: [
        object({ type: { type: 'string', const: 'text' } }),
        object({ type: { type: 'string', const: 'json' } }, { schema: anyObject, name: string() }),
      ],
    },
    outputTokensMax: { type: 'integer', minimum: 1, maximum: 10_000_000 },
    temperature: { type: 'number', minimum: 0, maximum: 2 },
    topP: { type: 'number', minimum: 0, maximum: 1 },
    stop: list(string()),
    seed: { type: 'integer', format: 'int64' },
    frequencyPenalty: { type: 'number', minimum: -2, maximum: 2 },
    presencePenalty: { type: 'number', minimum: -2, maximum: 2 },
    n: { type: 'integer', minimum: 1, maximum: 128 },
    logprobs: { type: 'integer', minimum: 0, maximum: 20 },
    topK: { type: 'integer', minimum: 1, maximum: 1000 },
    reasoning: object(
      {},
      {
        effort: { type: 'string', enum: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] },
        tokensMax: { type: 'integer', minimum: 1, maximum: 10_000_000 },
      },
    ),
  },
)

const tokenLogprob = { token: string(), logprob: { type: 'number' } } as const
const logprobs = list(object({ ...tokenLogprob, top: list(object(tokenLogprob)) }))

export const chatAnswerSchema: Schema = object({
  choices: list(object({ content: list({ oneOf: [text, reasoning, toolCall] }), finishReason }, { logprobs })),
})

export const chatChunkSchema: Schema = {
  oneOf: [
    event('text-delta', { text: string() }, { logprobs }),
    event('reasoning-delta', { text: string() }),
    event('reasoning-end', {}, { signature: string(), redacted: string() }),
    event('tool-call-start', { id: string(), tool: string() }, { signature: string() }),
    event('tool-call-delta', { id: string(), arguments: string() }),
    event('choice-end', { finishReason }),
  ],
}

type Properties = Readonly<Record<string, Schema>>

function object(required: Properties, optional: Properties = {}): Schema {
  return {
    type: 'object',
    properties: { ...required, ...optional },
    required: Object.keys(required),
    additionalProperties: false,
  }
}

function part(type: string, required: Properties, optional: Properties = {}): Schema {
  return object({ type: { type: 'string', const: type }, ...required }, optional)
}

function event(type: string, required: Properties, optional: Properties = {}): Schema {
  return part(type, { choice: { type: 'integer', minimum: 0, maximum: 127 }, ...required }, optional)
}

function message(role: string, content: Schema, example: Pick<Schema, 'examples'> = {}): Schema {
  return object({ role: { type: 'string', const: role }, content: { ...list(content), ...example } })
}

function list(items: Schema): Schema {
  return { type: 'array', items }
}

function string(description?: string): Schema {
  return { type: 'string', ...(description ? { description } : {}) }
}
