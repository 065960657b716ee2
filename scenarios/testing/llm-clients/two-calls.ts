import { frame } from '../../../packages/gateway/src/backends/provider/testing/protocols/converse.ts'
import { type Json, sse } from '../../../packages/gateway/src/backends/provider/testing/protocols/protocol.ts'

/** An answer that calls two tools at once, in each protocol that an upstream may speak: golden payloads after the vendors' documents. */
export interface TwoCalls {
  readonly whole: Json
  /** The same as a stream. */
  readonly events: readonly Buffer[]
}

export const twoCalls = [
  { tool: 'weather', arguments: { city: 'Paris' } },
  { tool: 'clock', arguments: { city: 'Rome' } },
] as const
/** Of such an answer, in every protocol. */
export const twoCallsUsage = { inputTokens: 12, outputTokens: 7 }

const calls = twoCalls.map(({ tool, arguments: input }, index) => ({
  index,
  id: `call0000${index}`,
  name: tool,
  input,
  text: JSON.stringify(input),
}))
const typed = (type: string, rest: Json): Buffer => sse({ type, ...rest }, type)

/** Mistral writes each call of a stream in one piece, OpenAI in many. */
function chat(inPieces: boolean): TwoCalls {
  const usage = { prompt_tokens: 12, completion_tokens: 7, total_tokens: 19 }
  const told = { ...usage, prompt_tokens_details: { cached_tokens: 4 } }
  const base = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'fake' }
  const whole = calls.map(({ id, name, text }) => ({ id, type: 'function', function: { name, arguments: text } }))
  const chunk = (delta: Json, finish: string | null = null, rest: Json = {}) =>
    sse({
      ...base,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, finish_reason: finish }],
      ...rest,
    })
  const pieces = calls.flatMap(({ index, id, name, text }) => [
    { index, id, type: 'function', function: { name, arguments: inPieces ? '' : text } },
    ...(inPieces ? [text.slice(0, 5), text.slice(5)] : []).map((piece) => ({ index, function: { arguments: piece } })),
  ])
  return {
    whole: {
      ...base,
      object: 'chat.completion',
      choices: [
        { index: 0, message: { role: 'assistant', content: null, tool_calls: whole }, finish_reason: 'tool_calls' },
      ],
      usage: told,
    },
    events: [
      chunk({ role: 'assistant', content: '' }),
      ...pieces.map((piece) => chunk({ tool_calls: [piece] })),
      chunk({}, 'tool_calls', { usage: told, x_groq: { id: 'answer', usage: told } }),
      sse('[DONE]'),
    ],
  }
}

function responses(): TwoCalls {
  const items = calls.map(({ id, name, text }) => {
    return { id: `fc_${id}`, type: 'function_call', status: 'completed', call_id: id, name, arguments: text }
  })
  const response = (status: string, output: readonly Json[], usage: Json | null) => ({
    id: 'resp_1',
    object: 'response',
    created_at: 1_700_000_000,
    model: 'fake',
    status,
    output,
    usage,
    error: null,
    incomplete_details: null,
    instructions: null,
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
  })
  const whole = response('completed', items, {
    input_tokens: 12,
    output_tokens: 7,
    total_tokens: 19,
    input_tokens_details: { cached_tokens: 4 },
    output_tokens_details: { reasoning_tokens: 0 },
  })
  let number = 0
  const event = (type: string, rest: Json) => typed(type, { sequence_number: number++, ...rest })
  return {
    whole,
    events: [
      event('response.created', { response: response('in_progress', [], null) }),
      ...items.flatMap((item, index) => {
        const place = { item_id: item.id, output_index: index }
        return [
          event('response.output_item.added', { output_index: index, item: { ...item, arguments: '' } }),
          event('response.function_call_arguments.delta', { ...place, delta: item.arguments }),
          event('response.function_call_arguments.done', { ...place, name: item.name, arguments: item.arguments }),
          event('response.output_item.done', { output_index: index, item }),
        ]
      }),
      event('response.completed', { response: whole }),
    ],
  }
}

function messages(): TwoCalls {
  const base = { id: 'msg_1', type: 'message', role: 'assistant', model: 'fake', stop_sequence: null }
  const usage = { input_tokens: 8, cache_creation_input_tokens: 0, cache_read_input_tokens: 4 }
  const block = (call: (typeof calls)[number], input: Json) => {
    return { type: 'tool_use', id: `toolu_${call.id}`, name: call.name, input }
  }
  const stopped = { stop_reason: 'tool_use', stop_sequence: null }
  return {
    whole: {
      ...base,
      ...stopped,
      content: calls.map((call) => block(call, call.input)),
      usage: { ...usage, output_tokens: 7 },
    },
    events: [
      typed('message_start', {
        message: { ...base, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
      }),
      ...calls.flatMap((call) => [
        typed('content_block_start', { index: call.index, content_block: block(call, {}) }),
        ...[call.text.slice(0, 5), call.text.slice(5)].map((piece) =>
          typed('content_block_delta', {
            index: call.index,
            delta: { type: 'input_json_delta', partial_json: piece },
          }),
        ),
        typed('content_block_stop', { index: call.index }),
      ]),
      typed('message_delta', { delta: stopped, usage: { output_tokens: 7 } }),
      typed('message_stop', {}),
    ],
  }
}

function gemini(): TwoCalls {
  const parts = calls.map(({ name, input }) => ({ functionCall: { name, args: input } }))
  const whole = {
    candidates: [{ content: { role: 'model', parts }, index: 0, finishReason: 'STOP' }],
    modelVersion: 'gemini-fake',
    responseId: 'answer',
    usageMetadata: {
      promptTokenCount: 12,
      candidatesTokenCount: 7,
      cachedContentTokenCount: 4,
      totalTokenCount: 19,
    },
  }
  return { whole, events: [sse(whole)] }
}

function cohere(): TwoCalls {
  const usage = {
    billed_units: { input_tokens: 12, output_tokens: 7 },
    tokens: { input_tokens: 12, output_tokens: 7 },
  }
  const written = calls.map(({ id, name, text }) => ({ id, type: 'function', function: { name, arguments: text } }))
  return {
    whole: {
      id: 'answer',
      finish_reason: 'TOOL_CALL',
      message: { role: 'assistant', tool_calls: written },
      usage,
    },
    events: [
      typed('message-start', { id: 'answer', delta: { message: { role: 'assistant', content: [], tool_calls: [] } } }),
      ...written.flatMap((call, index) => [
        typed('tool-call-start', {
          index,
          delta: { message: { tool_calls: { ...call, function: { ...call.function, arguments: '' } } } },
        }),
        typed('tool-call-delta', {
          index,
          delta: { message: { tool_calls: { function: { arguments: call.function.arguments } } } },
        }),
        typed('tool-call-end', { index }),
      ]),
      typed('message-end', { id: 'answer', delta: { finish_reason: 'TOOL_CALL', usage } }),
    ],
  }
}

function converse(): TwoCalls {
  const usage = { inputTokens: 8, outputTokens: 7, totalTokens: 19, cacheReadInputTokens: 4, cacheWriteInputTokens: 0 }
  const content = calls.map(({ id, name, input }) => ({ toolUse: { toolUseId: id, name, input } }))
  return {
    whole: {
      output: { message: { role: 'assistant', content } },
      stopReason: 'tool_use',
      usage,
      metrics: { latencyMs: 1 },
    },
    events: [
      frame('messageStart', { role: 'assistant' }),
      ...calls.flatMap(({ index: contentBlockIndex, id, name, text }) => [
        frame('contentBlockStart', { contentBlockIndex, start: { toolUse: { toolUseId: id, name } } }),
        frame('contentBlockDelta', { contentBlockIndex, delta: { toolUse: { input: text } } }),
        frame('contentBlockStop', { contentBlockIndex }),
      ]),
      frame('messageStop', { stopReason: 'tool_use' }),
      frame('metadata', { usage, metrics: { latencyMs: 1 } }),
    ],
  }
}

export const twoCallsIn = {
  chat: chat(true),
  chatWhole: chat(false),
  responses: responses(),
  messages: messages(),
  gemini: gemini(),
  cohere: cohere(),
  converse: converse(),
} as const satisfies Readonly<Record<string, TwoCalls>>
