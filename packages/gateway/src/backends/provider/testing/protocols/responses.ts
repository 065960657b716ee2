import { type Json, list, type Protocol, type Said, sse, textOf } from './protocol.ts'

/** xAI's responses: https://docs.x.ai/docs/api-reference#create-new-response */
export const responses: Protocol = {
  readText: ({ input }) => textOf(list(input).at(-1)?.content),
  readTexts: () => undefined,
  streams: ({ stream }) => stream === true,
  contentType: 'text/event-stream',
  whole: (said) => response(said),
  events: (said) => ({
    events: [
      event('response.created', { response: { ...response(said), status: 'in_progress', output: [] } }),
      ...(said.tool ? toolEvents(said) : textEvents(said)),
      event('response.completed', { response: response(said) }),
    ],
    first: said.tool ? 1 : 2,
  }),
  error: (_, message) => ({ code: 'The request failed', error: message }),
  embeddings: () => ({}),
}

const event = (type: string, rest: Json): Buffer => sse({ type, sequence_number: 0, ...rest }, type)

function response(said: Said): Json {
  return {
    id: 'answer',
    object: 'response',
    created_at: 1_700_000_000,
    model: 'fake',
    status: 'completed',
    output: [item(said)],
    usage: {
      input_tokens: said.inputTokens,
      output_tokens: said.outputTokens,
      total_tokens: said.inputTokens + said.outputTokens,
      input_tokens_details: { cached_tokens: said.cachedTokens },
      output_tokens_details: { reasoning_tokens: said.reasoningTokens },
    },
  }
}

function item({ words, tool }: Said): Json {
  if (!tool) return message([{ type: 'output_text', text: words.join(''), annotations: [], logprobs: [] }])
  const call = { id: 'fc_1', call_id: 'call12345', name: tool.name, arguments: JSON.stringify(tool.arguments) }
  return { type: 'function_call', status: 'completed', ...call }
}

const message = (content: readonly Json[]): Json => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content,
})

function textEvents(said: Said): readonly Buffer[] {
  const place = { item_id: 'msg_1', output_index: 0, content_index: 0 }
  return [
    event('response.output_item.added', { output_index: 0, item: message([]) }),
    ...said.words.map((delta) => event('response.output_text.delta', { ...place, delta })),
    event('response.output_text.done', { ...place, text: said.words.join('') }),
    event('response.output_item.done', { output_index: 0, item: item(said) }),
  ]
}

function toolEvents(said: Said): readonly Buffer[] {
  const text = JSON.stringify(said.tool?.arguments)
  return [
    event('response.output_item.added', { output_index: 0, item: { ...item(said), arguments: '' } }),
    event('response.function_call_arguments.delta', { item_id: 'fc_1', output_index: 0, delta: text }),
    event('response.function_call_arguments.done', { item_id: 'fc_1', output_index: 0, arguments: text }),
    event('response.output_item.done', { output_index: 0, item: item(said) }),
  ]
}
