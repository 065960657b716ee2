import { crc32 } from 'node:zlib'
import { type Json, list, type Protocol, type Said, textOf } from './protocol.ts'

/**
 * Converse, ConverseStream and InvokeModel (Titan embeddings) of Amazon Bedrock:
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
 */
export const converse: Protocol = {
  readText: ({ messages }) => textOf(list(messages).at(-1)?.content),
  readTexts: ({ inputText }, path) => (path.endsWith('/invoke') ? [textOf(inputText)] : undefined),
  streams: (_, path) => path.endsWith('/converse-stream'),
  contentType: 'application/vnd.amazon.eventstream',
  whole: (said) => ({
    output: { message: { role: 'assistant', content: content(said) } },
    stopReason: stopReason(said),
    usage: usage(said),
    metrics: { latencyMs: 1 },
  }),
  events: (said) => ({
    events: [
      frame('messageStart', { role: 'assistant' }),
      ...(said.tool ? toolFrames(said.tool) : textFrames(said.words)),
      frame('contentBlockStop', { contentBlockIndex: 0 }),
      frame('messageStop', { stopReason: stopReason(said) }),
      frame('metadata', { usage: usage(said), metrics: { latencyMs: 1 } }),
    ],
    first: 1,
  }),
  error: (_, message) => ({ message }),
  embeddings: ([embedding]) => ({ embedding, inputTextTokenCount: 2 }),
}

function content({ words, tool }: Said): readonly Json[] {
  if (!tool) return [{ text: words.join('') }]
  return [{ toolUse: { toolUseId: 'call12345', name: tool.name, input: tool.arguments } }]
}

const stopReason = ({ tool }: Said) => (tool ? 'tool_use' : 'end_turn')

function textFrames(words: readonly string[]): readonly Buffer[] {
  return words.map((text) => frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } }))
}

function toolFrames({ name, arguments: input }: NonNullable<Said['tool']>): readonly Buffer[] {
  return [
    frame('contentBlockStart', { contentBlockIndex: 0, start: { toolUse: { toolUseId: 'call12345', name } } }),
    frame('contentBlockDelta', { contentBlockIndex: 0, delta: { toolUse: { input: JSON.stringify(input) } } }),
  ]
}

function usage({ inputTokens, outputTokens, cachedTokens }: Said): Json {
  return {
    inputTokens: inputTokens - cachedTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    cacheReadInputTokens: cachedTokens,
    cacheWriteInputTokens: 0,
  }
}

/** One message of the event stream encoding: https://smithy.io/2.0/aws/amazon-eventstream.html */
export function frame(type: string, payload: Json, kind: 'event' | 'exception' = 'event'): Buffer {
  const headers = Buffer.concat([
    header(`:${kind}-type`, type),
    header(':content-type', 'application/json'),
    header(':message-type', kind),
  ])
  const body = Buffer.from(JSON.stringify(payload))
  const prelude = Buffer.alloc(8)
  prelude.writeUInt32BE(headers.length + body.length + 16, 0)
  prelude.writeUInt32BE(headers.length, 4)
  const front = Buffer.concat([prelude, checksum(prelude), headers, body])
  return Buffer.concat([front, checksum(front)])
}

function header(name: string, value: string): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(value.length)
  const text = 7
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([text]), length, Buffer.from(value)])
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(bytes))
  return sum
}
