import type { Contract } from '../../../kernel/catalog.ts'

type Json = Record<string, unknown>

export function contractPath({ model, major }: Contract): string {
  return `/models/${model}/v${major}/predict`
}

/** The body of a predict call: one input, or several. */
export function predictBodySchema({ published, limits }: Contract): Json {
  return {
    oneOf: [
      closed({ input: published.input }),
      closed({ inputs: { type: 'array', items: published.input, minItems: 1, maxItems: limits.itemsMax } }),
    ],
  }
}

/** What comes back: `output` for one input, `results` for several. */
export function answerSchema(contract: Contract): Json {
  const head = {
    id: { type: 'string', format: 'uuid', description: 'The call id: for feedback and questions' },
    model: { type: 'string', const: contract.model },
    version: { type: 'string', description: 'The version that served' },
  }
  const tail = { cached: { type: 'boolean' }, usage: usageSchema }
  const { output } = contract.published
  const failed = open({
    error: open({ code: { type: 'string' }, title: { type: 'string' }, detail: { type: 'string' } }),
  })
  return {
    oneOf: [
      open({ ...head, output, ...tail }),
      open({ ...head, results: { type: 'array', items: { oneOf: [open({ output }), failed] } }, ...tail }),
    ],
  }
}

export function streamDescription({ published }: Contract): string {
  const chunk = JSON.stringify(published.chunk)
  return `Server-sent events: one "answer-start" {id, model, version, cached}, then "chunk" events, then "answer-end" {usage} or "error" (problem details). Each chunk fits: ${chunk}`
}

const usageSchema = {
  type: 'object',
  required: ['items'],
  properties: {
    items: { type: 'integer' },
    inputTokens: { type: 'integer', description: 'All of them, those of a prompt cache included' },
    cachedInputTokens: { type: 'integer' },
    cacheWriteInputTokens: { type: 'integer' },
    outputTokens: { type: 'integer', description: 'All of them, those of reasoning included' },
    reasoningTokens: { type: 'integer' },
    estimated: { type: 'boolean', description: 'True when tokens were counted by the gateway' },
  },
}

function closed(properties: Json): Json {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
}

/** Answers may gain fields: clients must pass over those they do not know. */
function open(properties: Json): Json {
  return { type: 'object', properties, required: Object.keys(properties) }
}
