import type { ChatRequest } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { booleanAt, integerAt, numberAt, wrongAt } from '../../values.ts'
import { refuseUnknown, type SilentField, seedMax, stopAt, wordAt } from './fields.ts'
import { readMessages } from './read-messages.ts'
import { readResponseFormat, readToolChoice, readTools } from './read-tools.ts'

/** OpenAI's chat completion request in the canonical form. */
export function readChatRequest(body: JsonObject): ChatRequest {
  refuseUnknown(body, fields, silent)
  const request: Writable = {}
  for (const field of Object.keys(fields) as (keyof typeof fields)[]) {
    const value = body[field]
    if (value !== null && value !== undefined) Object.assign(request, fields[field](value, `/${field}`, body))
  }
  return { ...request, messages: readMessages(body.messages, '/messages') }
}

type Writable = Partial<ChatRequest>
type ReadField = (value: unknown, path: string, body: JsonObject) => Writable

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const
const outputTokensMax = 10_000_000

/** The protocol's defaults, said aloud, are left out: else every backend without the word for it would refuse what asks for nothing. */
const fields = {
  messages: () => ({}),
  tools: (value, path) => ({ tools: readTools(value, path) }),
  tool_choice: (value, path) => ({ toolChoice: readToolChoice(value, path) }),
  parallel_tool_calls: (value, path) => ({ parallelToolCalls: booleanAt(value, path) }),
  response_format: (value, path) => ({ responseFormat: readResponseFormat(value, path) }),
  max_tokens: (value, path, { max_completion_tokens: newer = value }) => {
    if (newer !== null && newer !== value) throw wrongAt(path, 'must not differ from max_completion_tokens')
    return { outputTokensMax: integerAt(value, path, 1, outputTokensMax) }
  },
  max_completion_tokens: (value, path) => ({ outputTokensMax: integerAt(value, path, 1, outputTokensMax) }),
  temperature: (value, path) => ({ temperature: numberAt(value, path, 0, 2) }),
  top_p: (value, path) => ({ topP: numberAt(value, path, 0, 1) }),
  stop: (value, path) => ({ stop: stopAt(value, path) }),
  seed: (value, path) => ({ seed: integerAt(value, path, -seedMax, seedMax) }),
  frequency_penalty: (value, path) => unless(0, 'frequencyPenalty', numberAt(value, path, -2, 2)),
  presence_penalty: (value, path) => unless(0, 'presencePenalty', numberAt(value, path, -2, 2)),
  n: (value, path) => unless(1, 'n', integerAt(value, path, 1, 128)),
  logprobs: (value, path, { top_logprobs: top }) =>
    booleanAt(value, path) ? { logprobs: integerAt(top ?? 0, '/top_logprobs', 0, 20) } : {},
  top_logprobs: (value, path, { logprobs }) => {
    if (logprobs !== true && value !== 0) throw wrongAt(path, 'needs "logprobs": true')
    return {}
  },
  reasoning_effort: (value, path) => ({ reasoning: { effort: wordAt(value, path, efforts) } }),
} as const satisfies Record<string, ReadField>

function unless(usual: number, field: 'frequencyPenalty' | 'presencePenalty' | 'n', value: number): Writable {
  return value === usual ? {} : { [field]: value }
}

const silent: Readonly<Record<string, SilentField>> = {
  model: { why: 'the door has read it' },
  stream: { why: 'the door has read it' },
  stream_options: { why: 'the form of a stream, which the door writes' },
  user: { why: 'the door reads it as the unit; for the vendor it is a hint about abuse' },
  safety_identifier: { why: 'the door reads it as the unit; for the vendor it is a hint about abuse' },
  metadata: { why: 'the door reads it as tags' },
  store: { why: 'nothing is stored', only: [false] },
  prompt_cache_key: { why: 'a hint about caching' },
  prompt_cache_retention: { why: 'a hint about caching' },
  prompt_cache_options: { why: 'a hint about caching' },
  service_tier: { why: 'the default', only: ['auto', 'default'] },
  modalities: { why: 'the default', only: [['text']] },
  verbosity: { why: 'the default', only: ['medium'] },
  logit_bias: { why: 'the default', only: [{}] },
}
