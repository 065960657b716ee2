import type { FinishReason } from '../../../kernel/chat.ts'

const written: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  refusal: 'content_filter',
  other: 'stop',
}

const read: ReadonlyMap<unknown, FinishReason> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['content_filter', 'refusal'],
])

export function writeFinishReason(reason: FinishReason): string {
  return written[reason]
}

/**
 * `callsTools`: the answer has tool calls. It says "stop" at OpenAI then, too, where the caller named the tool; other protocols tell
 * their clients to run the tool by the reason alone.
 */
export function readFinishReason(word: unknown, callsTools: boolean): FinishReason {
  const reason = read.get(word) ?? 'other'
  return reason === 'stop' && callsTools ? 'tool-calls' : reason
}
