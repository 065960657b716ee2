import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { AnswerFacts, JsonObject } from '../../dialect.ts'

export interface ResponseState {
  readonly status: 'in_progress' | 'completed' | 'incomplete'
  /** Why it is incomplete. */
  readonly reason?: string
  readonly output: readonly JsonObject[]
  readonly usage: JsonObject | null
}

/** With every member that official clients read: what the caller did not set has the protocol's default. */
export function responseObject(facts: Omit<AnswerFacts, 'usage'>, state: ResponseState): JsonObject {
  const { request } = facts
  const echo = (name: string, otherwise: unknown): unknown => request[name] ?? otherwise
  const text = isJsonObject(request.text) ? request.text : {}
  return {
    id: `resp_${facts.callId}`,
    object: 'response',
    created_at: facts.created,
    status: state.status,
    background: false,
    error: null,
    incomplete_details: state.reason === undefined ? null : { reason: state.reason },
    instructions: echo('instructions', null),
    max_output_tokens: echo('max_output_tokens', null),
    max_tool_calls: null,
    metadata: echo('metadata', {}),
    model: facts.model,
    output: state.output,
    parallel_tool_calls: echo('parallel_tool_calls', true),
    previous_response_id: null,
    prompt_cache_key: echo('prompt_cache_key', null),
    reasoning: { effort: null, summary: null, ...(isJsonObject(request.reasoning) ? request.reasoning : {}) },
    safety_identifier: echo('safety_identifier', null),
    service_tier: 'default',
    store: false,
    temperature: echo('temperature', null),
    text: { ...text, format: text.format ?? { type: 'text' } },
    tool_choice: echo('tool_choice', 'auto'),
    tools: echo('tools', []),
    top_logprobs: echo('top_logprobs', 0),
    top_p: echo('top_p', null),
    truncation: 'disabled',
    usage: state.usage,
    user: echo('user', null),
  }
}
