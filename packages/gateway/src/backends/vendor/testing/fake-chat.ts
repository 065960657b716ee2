import { dataEvent, type FakeAnswer, type FakeEndpoint, type FakeError } from './fake-protocol.ts'
import { type FakeTurn, hear, isObject, type Json, outputTokensOf, textOf, wordsOf } from './fake-turn.ts'

/** OpenAI's chat completions, and its completions of old. */
export const fakeChat: FakeEndpoint = {
  answer: answerChat,
  error: openaiError,
  errorEvent: (error) => dataEvent(openaiError(error)),
}
export const fakeCompletions: FakeEndpoint = { ...fakeChat, answer: answerCompletion }

export function openaiError({ type, message }: FakeError): Json {
  return { error: { message, type, param: null, code: null } }
}

function answerChat(body: Json): FakeAnswer {
  const turn = hearChat(body)
  const n = typeof body.n === 'number' ? body.n : 1
  const base = { id: 'chatcmpl-fake', created: 1_700_000_000, model: turn.model }
  const usage = usageOf(turn, n)
  const finish = 'tool' in turn.says ? 'tool_calls' : 'stop'
  const choices = Array.from({ length: n }, (_, index) => index)
  const whole = {
    ...base,
    object: 'chat.completion',
    choices: choices.map((index) => ({ index, message: messageOf(turn), logprobs: null, finish_reason: finish })),
    usage,
    system_fingerprint: 'fp_fake',
  }
  if (!turn.stream) return { text: turn.text, whole }
  const asksUsage = isObject(body.stream_options) && body.stream_options.include_usage === true
  const chunk = (delta: Json, finishReason: string | null, index = 0) =>
    dataEvent({
      ...base,
      object: 'chat.completion.chunk',
      choices: [{ index, delta, logprobs: null, finish_reason: finishReason }],
      ...(asksUsage ? { usage: null } : {}),
    })
  return {
    text: turn.text,
    whole,
    stream: {
      preamble: choices.map((index) =>
        chunk({ role: 'assistant', content: 'words' in turn.says ? '' : null, refusal: null }, null, index),
      ),
      content: deltasOf(turn).flatMap((delta) => choices.map((index) => chunk(delta, null, index))),
      finish: choices.map((index) => chunk({}, finish, index)),
      coda: asksUsage ? [dataEvent({ ...base, object: 'chat.completion.chunk', choices: [], usage })] : [],
      end: 'data: [DONE]\n\n',
    },
  }
}

function hearChat(body: Json): FakeTurn {
  const messages = Array.isArray(body.messages) ? body.messages.filter(isObject) : []
  const last = messages.at(-1)
  const [tool] = Array.isArray(body.tools) ? body.tools.filter(isObject) : []
  const format = isObject(body.response_format) ? body.response_format : {}
  const schema = isObject(format.json_schema) ? format.json_schema.schema : format.type === 'json_object' || undefined
  return hear({
    body,
    text: textOf(messages.findLast(({ role }) => role === 'user')?.content),
    toolResult: last?.role === 'tool' ? textOf(last.content) : undefined,
    tool: isObject(tool?.function) ? String(tool.function.name) : undefined,
    schema,
  })
}

function toolCall(name: string, args: string): Json {
  return { id: 'call_fake', type: 'function', function: { name, arguments: args } }
}

function messageOf({ says }: FakeTurn): Json {
  const base = { role: 'assistant', refusal: null }
  return 'words' in says
    ? { ...base, content: says.words.join('') }
    : { ...base, content: null, tool_calls: [toolCall(says.tool, JSON.stringify(says.arguments))] }
}

function deltasOf({ says }: FakeTurn): readonly Json[] {
  if ('words' in says) return says.words.map((content) => ({ content }))
  const pieces = JSON.stringify(says.arguments).match(/.{1,8}/g) ?? []
  return [
    { tool_calls: [{ index: 0, ...toolCall(says.tool, '') }] },
    ...pieces.map((text) => ({ tool_calls: [{ index: 0, function: { arguments: text } }] })),
  ]
}

function usageOf({ inputTokens, says }: FakeTurn, n: number): Json {
  const outputTokens = n * outputTokensOf(says)
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  }
}

function answerCompletion(body: Json): FakeAnswer {
  const prompts: readonly string[] = Array.isArray(body.prompt) ? body.prompt.map(String) : [String(body.prompt)]
  const base = { id: 'cmpl-fake', object: 'text_completion', created: 1_700_000_000, model: body.model }
  const choice = (text: string, index: number, finishReason: string | null) => ({
    text,
    index,
    logprobs: null,
    finish_reason: finishReason,
  })
  const inputTokens = wordsOf(prompts.join(' ')).length
  const usage = { prompt_tokens: inputTokens, completion_tokens: inputTokens, total_tokens: 2 * inputTokens }
  const text = prompts.at(-1) ?? ''
  const whole = { ...base, choices: prompts.map((prompt, index) => choice(prompt, index, 'stop')), usage }
  if (body.stream !== true) return { text, whole }
  const asksUsage = isObject(body.stream_options) && body.stream_options.include_usage === true
  return {
    text,
    whole,
    stream: {
      preamble: [],
      content: prompts.flatMap((prompt, index) =>
        wordsOf(prompt).map((word) => dataEvent({ ...base, choices: [choice(word, index, null)] })),
      ),
      finish: prompts.map((_, index) => dataEvent({ ...base, choices: [choice('', index, 'stop')] })),
      coda: asksUsage ? [dataEvent({ ...base, choices: [], usage })] : [],
      end: 'data: [DONE]\n\n',
    },
  }
}
