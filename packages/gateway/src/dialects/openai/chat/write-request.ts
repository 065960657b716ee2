import type { ChatRequest } from '../../../kernel/chat.ts'
import type { JsonObject, RequestWish } from '../../dialect.ts'
import { isStrict } from './strict-schema.ts'
import { takesProof } from './tool-call-proof.ts'
import { writeMessages } from './write-messages.ts'
import { unwritten } from './write-parts.ts'

/** The canonical form as OpenAI's chat completion request. */
export function writeChatRequest(inputs: readonly unknown[], wish: RequestWish): JsonObject {
  const [input, another] = inputs
  if (input === undefined || another !== undefined) throw new Error('a chat completion takes one chat')
  // The contract has been held against it.
  const request = input as ChatRequest
  const body: Record<string, unknown> = { model: wish.model }
  for (const field of Object.keys(request) as (keyof ChatRequest)[]) {
    const value = request[field]
    if (value !== undefined) Object.assign(body, writeField(field, request, wish))
  }
  if (wish.stream) {
    body.stream = true
    if (wish.tellsStreamUsage) body.stream_options = { include_usage: true }
  }
  return body
}

function writeField(field: keyof ChatRequest, request: ChatRequest, wish: RequestWish): JsonObject {
  const name = names[field]
  if (name !== undefined) return { [name]: request[field] }
  const write = formed[field]
  if (write === undefined) throw unwritten(field)
  return write(request, wish)
}

/** Fields that differ in their name only. */
const names: Partial<Record<keyof ChatRequest, string>> = {
  parallelToolCalls: 'parallel_tool_calls',
  temperature: 'temperature',
  topP: 'top_p',
  stop: 'stop',
  seed: 'seed',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  n: 'n',
}

/** Fields with a form of their own; what stands in neither table has no words in the protocol. */
const formed: Partial<Record<keyof ChatRequest, (request: ChatRequest, wish: RequestWish) => JsonObject>> = {
  messages: ({ messages }, { model }) => ({ messages: writeMessages(messages, takesProof(model)) }),
  outputTokensMax: ({ outputTokensMax }, { outputLimitField = 'max_completion_tokens' }) => ({
    [outputLimitField]: outputTokensMax,
  }),
  // Upstreams refuse an empty list.
  tools: ({ tools = [] }) =>
    tools.length === 0 ? {} : { tools: tools.map((tool) => ({ type: 'function', function: tool })) },
  toolChoice: ({ toolChoice }) => ({
    tool_choice:
      typeof toolChoice === 'object' ? { type: 'function', function: { name: toolChoice.tool } } : toolChoice,
  }),
  responseFormat: ({ responseFormat }) => ({ response_format: writeResponseFormat(responseFormat) }),
  logprobs: ({ logprobs }) => ({ logprobs: true, ...(logprobs ? { top_logprobs: logprobs } : {}) }),
  reasoning: ({ reasoning = {} }) => {
    if (reasoning.tokensMax !== undefined) throw unwritten('reasoning.tokensMax')
    return reasoning.effort === undefined ? {} : { reasoning_effort: reasoning.effort }
  },
}

function writeResponseFormat(format: ChatRequest['responseFormat']): JsonObject {
  if (format?.type !== 'json') return { type: 'text' }
  const { schema, name = 'answer' } = format
  if (schema === undefined) return { type: 'json_object' }
  return { type: 'json_schema', json_schema: { name, schema, ...(isStrict(schema) ? { strict: true } : {}) } }
}
