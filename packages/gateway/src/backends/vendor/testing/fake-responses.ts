import { openaiError } from './fake-chat.ts'
import { type FakeAnswer, type FakeEndpoint, typedEvent } from './fake-protocol.ts'
import { type FakeTurn, hear, isObject, type Json, outputTokensOf, textOf } from './fake-turn.ts'

/** OpenAI's responses. */
export const fakeResponses: FakeEndpoint = {
  answer,
  error: openaiError,
  errorEvent: ({ type, message }) =>
    typedEvent({ type: 'error', code: type, message, param: null, sequence_number: 99 }),
}

function answer(body: Json): FakeAnswer {
  const turn = hearResponses(body)
  const item = itemOf(turn)
  const response = (status: string, output: readonly Json[], more: Json = {}) => ({
    id: 'resp_fake',
    object: 'response',
    created_at: 1_700_000_000,
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    model: turn.model,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    store: false,
    tool_choice: 'auto',
    tools: [],
    ...more,
  })
  const whole = response('completed', [item], { usage: usageOf(turn) })
  if (!turn.stream) return { text: turn.text, whole }
  let number = 0
  const event = (type: string, more: Json) => typedEvent({ type, sequence_number: number++, ...more })
  const { opening, deltas, closing } = partsOf(turn)
  const place = { item_id: item.id, output_index: 0 }
  return {
    text: turn.text,
    whole,
    stream: {
      preamble: [
        event('response.created', { response: response('in_progress', []) }),
        event('response.in_progress', { response: response('in_progress', []) }),
        event('response.output_item.added', { output_index: 0, item: { ...item, ...opening, status: 'in_progress' } }),
        ...('words' in turn.says
          ? [event('response.content_part.added', { ...place, content_index: 0, part: textPart('') })]
          : []),
      ],
      content: deltas.map(([type, more]) => event(type, { ...place, ...more })),
      finish: [
        ...closing.map(([type, more]) => event(type, { ...place, ...more })),
        event('response.output_item.done', { output_index: 0, item }),
      ],
      coda: [],
      end: event('response.completed', { response: whole }),
    },
  }
}

type Part = readonly [type: string, more: Json]

function partsOf({ says }: FakeTurn): { opening: Json; deltas: readonly Part[]; closing: readonly Part[] } {
  if ('words' in says) {
    const text = says.words.join('')
    return {
      opening: { content: [] },
      deltas: says.words.map((delta) => ['response.output_text.delta', { content_index: 0, delta, logprobs: [] }]),
      closing: [
        ['response.output_text.done', { content_index: 0, text, logprobs: [] }],
        ['response.content_part.done', { content_index: 0, part: textPart(text) }],
      ],
    }
  }
  const args = JSON.stringify(says.arguments)
  const pieces = args.match(/.{1,8}/g) ?? []
  return {
    opening: { arguments: '' },
    deltas: pieces.map((delta) => ['response.function_call_arguments.delta', { delta }]),
    closing: [['response.function_call_arguments.done', { arguments: args, name: says.tool }]],
  }
}

function textPart(text: string): Json {
  return { type: 'output_text', text, annotations: [], logprobs: [] }
}

function itemOf({ says }: FakeTurn): Json {
  return 'words' in says
    ? {
        id: 'msg_fake',
        type: 'message',
        status: 'completed',
        role: 'assistant',
        content: [textPart(says.words.join(''))],
      }
    : {
        id: 'fc_fake',
        type: 'function_call',
        status: 'completed',
        call_id: 'call_fake',
        name: says.tool,
        arguments: JSON.stringify(says.arguments),
      }
}

function usageOf({ inputTokens, says }: FakeTurn): Json {
  const outputTokens = outputTokensOf(says)
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + outputTokens,
  }
}

function hearResponses(body: Json): FakeTurn {
  const items = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : listOf(body.input)
  const last = items.at(-1)
  const text = isObject(body.text) && isObject(body.text.format) ? body.text.format : {}
  return hear({
    body,
    text: textOf(items.findLast(({ role }) => role === 'user')?.content),
    toolResult: last?.type === 'function_call_output' ? textOf(last.output) : undefined,
    tool: listOf(body.tools).map(({ name }) => String(name))[0],
    schema: text.type === 'json_schema' ? text.schema : text.type === 'json_object' || undefined,
  })
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
