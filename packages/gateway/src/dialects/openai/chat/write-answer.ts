import type { ChatAnswer, ToolCallPart } from '../../../kernel/chat.ts'
import type { AnswerFacts, JsonObject } from '../../dialect.ts'
import { writeFinishReason } from './finish-reason.ts'
import { writeLogprobs } from './logprobs.ts'
import { writeProof } from './tool-call-proof.ts'
import { writeUsage } from './usage.ts'

/** A canonical chat answer as OpenAI's chat completion. */
export function writeChatAnswer(outputs: readonly unknown[], facts: AnswerFacts): JsonObject {
  const { choices } = outputs[0] as ChatAnswer
  const usage = writeUsage(facts.usage)
  return {
    id: `chatcmpl-${facts.callId}`,
    object: 'chat.completion',
    created: facts.created,
    model: facts.model,
    choices: choices.map(({ content, finishReason, logprobs }, index) => ({
      index,
      message: writeMessage(content),
      logprobs: writeLogprobs(logprobs),
      finish_reason: writeFinishReason(finishReason),
    })),
    ...(usage ? { usage } : {}),
  }
}

function writeMessage(content: ChatAnswer['choices'][number]['content']): JsonObject {
  const said = content.filter((part) => part.type === 'text')
  const calls = content.filter((part) => part.type === 'tool-call')
  // What a vendor keeps secret of its reasoning has no form here.
  const reasoning = content.map((part) => (part.type === 'reasoning' ? part.text : '')).join('')
  return {
    role: 'assistant',
    content: said.length === 0 && calls.length > 0 ? null : said.map(({ text }) => text).join(''),
    refusal: null,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(writeToolCall) }),
  }
}

function writeToolCall({ id, tool, arguments: text, signature }: ToolCallPart): JsonObject {
  return { id, type: 'function', function: { name: tool, arguments: text }, ...writeProof(signature) }
}
