import type { ChatChunk, TokenLogprob } from '../../../kernel/chat.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { EventFacts, JsonObject, SseEvent } from '../../dialect.ts'
import { outOfForm } from '../../json.ts'

const nothing = (): readonly unknown[] => []

export const preamble: EventFacts = { kind: 'preamble', text: '', chunks: nothing }
/** Nothing new of the answer, but the caller's to see. */
export const wordless: EventFacts = { kind: 'content', text: '', chunks: nothing }
export const aside: EventFacts = { kind: 'aside', text: '', chunks: nothing }

export function bodyOf(data: string): JsonObject {
  // How another protocol of the vendor ends: some proxies append it to every stream.
  if (data === '[DONE]') throw truncated()
  let body: unknown
  try {
    body = JSON.parse(data)
  } catch (cause) {
    throw new AstraError('upstream_failed', { reason: 'an event of upstream is no JSON', cause })
  }
  if (!isJsonObject(body)) throw outOfForm('an event is no object')
  return body
}

export function typeOf(body: JsonObject, { event }: SseEvent): string {
  return typeof body.type === 'string' ? body.type : event
}

export function truncated(): AstraError {
  return new AstraError('upstream_failed', { reason: "upstream's stream ended without its terminal event" })
}

/** Which output item an event tells of. The index is the steadier name: some servers change an item's id while it is streamed. */
export function keyOf({ output_index, item_id, item }: JsonObject): unknown {
  return output_index ?? item_id ?? (isJsonObject(item) ? item.id : undefined)
}

export function textChunk(text: string, logprobs: readonly TokenLogprob[] | undefined): ChatChunk {
  const tokens = logprobs !== undefined && logprobs.length > 0 ? { logprobs } : {}
  return { type: 'text-delta', choice: 0, text, ...tokens }
}
