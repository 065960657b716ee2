import type { ChatAnswer } from '../../../kernel/chat.ts'
import { AstraError } from '../../../kernel/errors.ts'
import type { AnswerFacts, JsonObject } from '../../dialect.ts'
import { toolInput } from '../json.ts'
import { writeStopReason } from '../stop-reason.ts'
import { writeUsage } from '../usage.ts'

/** Alternative answers have no form here, and no request of this protocol asks for any. */
export function writeAnswer(outputs: readonly unknown[], { callId, model, usage }: AnswerFacts): JsonObject {
  const choice = (outputs[0] as ChatAnswer | undefined)?.choices[0]
  if (!choice) throw new AstraError('invalid_output', { reason: 'the answer holds no choice' })
  const { content, finishReason } = choice
  return {
    ...emptyMessage(callId, model),
    content: content.map(writeBlock),
    stop_reason: writeStopReason(
      finishReason,
      content.some(({ type }) => type === 'tool-call'),
    ),
    usage: writeUsage(usage),
  }
}

/** A message before its content: what a stream starts with. */
export function emptyMessage(callId: string, model: string): JsonObject {
  return {
    id: `msg_${callId}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: writeUsage({}),
  }
}

type Part = ChatAnswer['choices'][number]['content'][number]

function writeBlock(part: Part): JsonObject {
  if (part.type === 'text') return { type: 'text', text: part.text }
  if (part.type === 'tool-call') {
    const input = toolInput(part.arguments)
    if (input) return { type: 'tool_use', id: part.id, name: part.tool, input }
    throw new AstraError('invalid_output', { reason: `the arguments of a call of "${part.tool}" are no JSON object` })
  }
  if (part.redacted !== undefined) return { type: 'redacted_thinking', data: part.redacted }
  // Clients of this protocol expect a signature; only Anthropic's own models give one.
  return { type: 'thinking', thinking: part.text, signature: part.signature ?? '' }
}
