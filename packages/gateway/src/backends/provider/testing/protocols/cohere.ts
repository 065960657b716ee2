import { type Json, list, type Protocol, type Said, sse, textOf } from './protocol.ts'

/** Chat and embed of Cohere's API v2: https://docs.cohere.com/reference/chat-stream */
export const cohere: Protocol = {
  readText: ({ messages }) => textOf(list(messages).at(-1)?.content),
  readTexts: ({ texts }, path) => (path.endsWith('/embed') ? (texts as readonly string[]) : undefined),
  streams: ({ stream }) => stream === true,
  contentType: 'text/event-stream',
  whole: (said) => ({
    id: 'answer',
    finish_reason: finishReason(said),
    message: {
      role: 'assistant',
      ...(said.tool
        ? { tool_calls: [{ id: 'call12345', type: 'function', function: call(said.tool) }] }
        : { content: [{ type: 'text', text: said.words.join('') }] }),
    },
    usage: usage(said),
  }),
  events: (said) => ({
    events: [
      event('message-start', { id: 'answer', delta: { message: { role: 'assistant', content: [], tool_calls: [] } } }),
      ...(said.tool ? toolEvents(said.tool) : textEvents(said.words)),
      event('message-end', { id: 'answer', delta: { finish_reason: finishReason(said), usage: usage(said) } }),
    ],
    first: 2,
  }),
  error: (_, message) => ({ id: 'answer', message }),
  embeddings: (vectors) => ({
    id: 'answer',
    embeddings: { float: vectors },
    texts: [],
    meta: { api_version: { version: '2' }, billed_units: { input_tokens: 2 * vectors.length } },
  }),
}

const event = (type: string, rest: Json): Buffer => sse({ type, ...rest }, type)
const finishReason = ({ tool }: Said) => (tool ? 'TOOL_CALL' : 'COMPLETE')
const call = (tool: NonNullable<Said['tool']>) => ({ name: tool.name, arguments: JSON.stringify(tool.arguments) })

function textEvents(words: readonly string[]): readonly Buffer[] {
  const delta = (content: Json) => ({ index: 0, delta: { message: { content } } })
  return [
    event('content-start', delta({ type: 'text', text: '' })),
    ...words.map((text) => event('content-delta', delta({ text }))),
    event('content-end', { index: 0 }),
  ]
}

function toolEvents(tool: NonNullable<Said['tool']>): readonly Buffer[] {
  const { name, arguments: text } = call(tool)
  const delta = (calls: Json) => ({ index: 0, delta: { message: { tool_calls: calls } } })
  return [
    event('tool-call-start', delta({ id: 'call12345', type: 'function', function: { name, arguments: '' } })),
    event('tool-call-delta', delta({ function: { arguments: text } })),
    event('tool-call-end', { index: 0 }),
  ]
}

function usage({ inputTokens, outputTokens }: Said): Json {
  const tokens = { input_tokens: inputTokens, output_tokens: outputTokens }
  return { billed_units: tokens, tokens }
}
