import type { FinishReason } from '../../kernel/chat.ts'

/** Anthropic's reasons to stop. One that is not listed is read as `other`. */
const finishByStop: ReadonlyMap<unknown, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool-calls'],
  ['refusal', 'refusal'],
])

const stopByFinish = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  refusal: 'refusal',
  // The protocol has no word for it; `pause_turn` would ask the caller to go on with the turn.
  other: 'end_turn',
} as const satisfies Record<FinishReason, string>

export function readStopReason(stopReason: unknown): FinishReason {
  return finishByStop.get(stopReason) ?? 'other'
}

/** Some vendors end an answer that calls tools with a plain stop; clients of this protocol run tools on `tool_use` only. */
export function writeStopReason(finish: FinishReason, callsTools: boolean): string {
  return finish === 'stop' && callsTools ? 'tool_use' : stopByFinish[finish]
}
