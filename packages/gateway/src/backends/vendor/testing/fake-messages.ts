import { type FakeAnswer, type FakeEndpoint, type FakeError, typedEvent } from './fake-protocol.ts'
import { type FakeTurn, hear, isObject, type Json, outputTokensOf, textOf } from './fake-turn.ts'

/** Anthropic's messages. */
export const fakeMessages: FakeEndpoint = {
  answer,
  error: anthropicError,
  errorEvent: (error) => typedEvent(anthropicError(error)),
}

export const fakeCountTokens: FakeEndpoint = {
  answer(body) {
    const { text, inputTokens } = hearMessages(body)
    return { text, whole: { input_tokens: inputTokens } }
  },
  error: anthropicError,
}

function anthropicError({ type, message }: FakeError): Json {
  return { type: 'error', error: { type, message }, request_id: 'req_fake' }
}

function answer(body: Json): FakeAnswer {
  const turn = hearMessages(body)
  const { text, says, inputTokens, model } = turn
  const stopReason = 'tool' in says ? 'tool_use' : 'end_turn'
  const base = { id: 'msg_fake', type: 'message', role: 'assistant', model }
  const cached = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
  const outputTokens = outputTokensOf(says)
  const usage = { input_tokens: inputTokens, ...cached, output_tokens: outputTokens, service_tier: 'standard' }
  const block =
    'words' in says
      ? { type: 'text', text: says.words.join('') }
      : { type: 'tool_use', id: 'toolu_fake', name: says.tool, input: says.arguments }
  const whole = { ...base, content: [block], stop_reason: stopReason, stop_sequence: null, usage }
  if (!turn.stream) return { text, whole }
  const empty = 'words' in says ? { type: 'text', text: '' } : { ...block, input: {} }
  const deltas: readonly Json[] =
    'words' in says
      ? says.words.map((word) => ({ type: 'text_delta', text: word }))
      : ['', ...(JSON.stringify(says.arguments).match(/.{1,8}/g) ?? [])].map((piece) => ({
          type: 'input_json_delta',
          partial_json: piece,
        }))
  const message = {
    ...base,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 1 },
  }
  return {
    text,
    whole,
    stream: {
      preamble: [
        typedEvent({ type: 'message_start', message }),
        typedEvent({ type: 'content_block_start', index: 0, content_block: empty }),
        typedEvent({ type: 'ping' }),
      ],
      content: deltas.map((delta) => typedEvent({ type: 'content_block_delta', index: 0, delta })),
      finish: [
        typedEvent({ type: 'content_block_stop', index: 0 }),
        typedEvent({
          type: 'message_delta',
          delta: { stop_reason: stopReason, stop_sequence: null },
          usage: { output_tokens: outputTokens },
        }),
      ],
      coda: [],
      end: typedEvent({ type: 'message_stop' }),
    },
  }
}

function hearMessages(body: Json): FakeTurn {
  const messages = Array.isArray(body.messages) ? body.messages.filter(isObject) : []
  const blocks = (content: unknown) => (Array.isArray(content) ? content.filter(isObject) : [])
  const result = blocks(messages.at(-1)?.content).find(({ type }) => type === 'tool_result')
  const said = messages.findLast(
    ({ role, content }) => role === 'user' && !blocks(content).some(({ type }) => type === 'tool_result'),
  )
  const config = isObject(body.output_config) ? body.output_config : {}
  const format = isObject(config.format) ? config.format : isObject(body.output_format) ? body.output_format : {}
  const [tool] = Array.isArray(body.tools) ? body.tools.filter(isObject) : []
  return hear({
    body,
    text: textOf(said?.content),
    toolResult: result && textOf(result.content),
    tool: tool && String(tool.name),
    schema: format.schema,
  })
}
