import type { FinishReason } from '../../../kernel/chat.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { JsonObject } from '../../dialect.ts'

/** Why an answer ended: in this protocol a status with a reason, and what stands in its output. */
export interface Finish {
  readonly status: 'completed' | 'incomplete'
  readonly reason?: string
}

export function writeFinish(finishReason: FinishReason): Finish {
  const reason = reasons.get(finishReason)
  return reason === undefined ? { status: 'completed' } : { status: 'incomplete', reason }
}

export function readFinish(
  response: JsonObject,
  said: { readonly calls: boolean; readonly refusal: boolean },
): FinishReason {
  if (response.status === 'incomplete') {
    const { reason } = isJsonObject(response.incomplete_details) ? response.incomplete_details : {}
    return finishes.get(reason) ?? 'other'
  }
  if (said.refusal) return 'refusal'
  return said.calls ? 'tool-calls' : 'stop'
}

const reasons: ReadonlyMap<FinishReason, string> = new Map([
  ['length', 'max_output_tokens'],
  ['refusal', 'content_filter'],
])
const finishes: ReadonlyMap<unknown, FinishReason> = new Map(
  Array.from(reasons, ([finish, reason]) => [reason, finish]),
)
