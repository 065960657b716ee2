import type { ReasoningPart, TokenLogprob, ToolCallPart } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { given } from '../../json.ts'
import { writeLogprobs } from './logprobs.ts'
import { writeProof } from './proof.ts'

/** The items of an answer's output, as whole answers and streams write them. */

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

export function outputText(text: string, logprobs: readonly TokenLogprob[] = []): JsonObject {
  return { type: 'output_text', text, annotations: [], logprobs: writeLogprobs(logprobs) }
}

export function messageItem(id: string, content: readonly JsonObject[], status: ItemStatus): JsonObject {
  return { id, type: 'message', role: 'assistant', status, content }
}

export function callItem(id: string, call: Omit<ToolCallPart, 'type'>, status: ItemStatus): JsonObject {
  return { id, type: 'function_call', call_id: call.id, name: call.tool, arguments: call.arguments, status }
}

export function reasoningItem(id: string, reasoning: Omit<ReasoningPart, 'type'>): JsonObject {
  const { text } = reasoning
  const summary = text === '' ? [] : [summaryText(text)]
  return { id, type: 'reasoning', summary, ...given({ encrypted_content: writeProof(reasoning) }) }
}

export function summaryText(text: string): JsonObject {
  return { type: 'summary_text', text }
}

const prefixes = { message: 'msg', call: 'fc', reasoning: 'rs' } as const

/** Unique within the call, and the same in every event that tells of the item. */
export function itemId(kind: keyof typeof prefixes, callId: string, index: number): string {
  return `${prefixes[kind]}_${callId}_${index}`
}
