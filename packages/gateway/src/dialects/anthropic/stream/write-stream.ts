import type { TokenUsage } from '../../../kernel/answer.ts'
import type { ChatChunk, FinishReason } from '../../../kernel/chat.ts'
import { AstraError } from '../../../kernel/errors.ts'
import type { AnswerFacts, JsonObject, StreamWriter } from '../../dialect.ts'
import { emptyMessage } from '../answer/write-answer.ts'
import { writeStopReason } from '../stop-reason.ts'
import { writeUsage } from '../usage.ts'
import { eventText } from './event-text.ts'

/**
 * Canonical chunks as the events of a message. Content comes in numbered blocks, one open at a time: a chunk of another kind, or of
 * another tool call, closes the block before it.
 */
export function writeStream({ callId, model }: Omit<AnswerFacts, 'usage'>): StreamWriter {
  const blocks = blockWriter()
  let finishReason: FinishReason = 'stop'
  let callsTools = false
  const writers: Writers = {
    'text-delta': ({ text }) =>
      text === '' ? '' : blocks.delta('text', { type: 'text', text: '' }, { type: 'text_delta', text }),
    'reasoning-delta': ({ text }) =>
      text === '' ? '' : blocks.delta('thinking', emptyThinking, { type: 'thinking_delta', thinking: text }),
    'reasoning-end': ({ signature, redacted }) => {
      if (redacted !== undefined) return blocks.whole({ type: 'redacted_thinking', data: redacted })
      if (signature === undefined) return blocks.close('thinking')
      const proof = blocks.delta('thinking', emptyThinking, { type: 'signature_delta', signature })
      return proof + blocks.close()
    },
    'tool-call-start': ({ id, tool }) => {
      callsTools = true
      return blocks.start(`tool ${id}`, { type: 'tool_use', id, name: tool, input: {} })
    },
    'tool-call-delta': ({ id, arguments: partial }) => {
      if (blocks.open() !== `tool ${id}`) {
        throw new AstraError('invalid_output', { reason: 'arguments of a tool call came when another one had begun' })
      }
      return blocks.delta(`tool ${id}`, {}, { type: 'input_json_delta', partial_json: partial })
    },
    'choice-end': (chunk) => {
      finishReason = chunk.finishReason
      return blocks.close()
    },
  }
  return {
    start: () => eventText('message_start', { message: emptyMessage(callId, model) }),
    // The chunk was held against the contract, whose form is that of a chat. No request of this protocol asks for a second choice.
    chunk: (chunk) => writeChunk(writers, chunk as ChatChunk),
    end: (usage) => blocks.close() + finish(writeStopReason(finishReason, callsTools), usage),
  }
}

const emptyThinking: JsonObject = { type: 'thinking', thinking: '', signature: '' }

type Writers = { readonly [T in ChatChunk['type']]: (chunk: Extract<ChatChunk, { type: T }>) => string }

function writeChunk(writers: Writers, chunk: ChatChunk): string {
  if (chunk.choice !== 0) return ''
  const write = writers[chunk.type] as (chunk: ChatChunk) => string
  return write(chunk)
}

function finish(stopReason: string, usage: TokenUsage): string {
  const delta = { stop_reason: stopReason, stop_sequence: null }
  return eventText('message_delta', { delta, usage: writeUsage(usage) }) + eventText('message_stop', {})
}

/** The numbered blocks of one message; `name` tells two blocks apart. */
function blockWriter() {
  let index = -1
  let openName: string | undefined
  const close = (name = openName): string => {
    if (openName === undefined || openName !== name) return ''
    openName = undefined
    return eventText('content_block_stop', { index })
  }
  const start = (name: string, block: JsonObject): string => {
    const closed = close()
    openName = name
    index += 1
    return closed + eventText('content_block_start', { index, content_block: block })
  }
  const delta = (name: string, emptyBlock: JsonObject, change: JsonObject): string => {
    const started = openName === name ? '' : start(name, emptyBlock)
    return started + eventText('content_block_delta', { index, delta: change })
  }
  const whole = (block: JsonObject): string => start('whole', block) + close()
  return { open: () => openName, start, delta, whole, close }
}
