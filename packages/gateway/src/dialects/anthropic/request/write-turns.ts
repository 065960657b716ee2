import type { ChatMessage } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { writeBlocks } from './write-blocks.ts'

export interface Conversation {
  /** Left out where there is none. */
  readonly system?: readonly JsonObject[]
  readonly messages: readonly Turn[]
}

interface Turn {
  readonly role: 'user' | 'assistant' | 'system'
  readonly content: readonly JsonObject[]
}

const roleTable = { system: 'system', user: 'user', tool: 'user', assistant: 'assistant' } as const

/**
 * System messages at the beginning become the system prompt; later ones stay where they stand, which newer models take and older ones
 * refuse themselves. Neighbours of one role become one turn, so that all results of parallel tool calls stand together, as the protocol
 * wants it. A message of which nothing is left would be refused, and says nothing.
 */
export function writeConversation(messages: readonly ChatMessage[]): Conversation {
  const turns: { role: Turn['role']; content: JsonObject[] }[] = []
  for (const [at, { role: canonicalRole, content }] of messages.entries()) {
    const role = roleTable[canonicalRole]
    const blocks = writeBlocks(content, `/messages/${at}/content`)
    if (blocks.length === 0) continue
    const last = turns.at(-1)
    if (last?.role === role) last.content.push(...blocks)
    else turns.push({ role, content: blocks })
  }
  const [first, ...rest] = turns
  return first?.role === 'system' ? { system: first.content, messages: rest } : { messages: turns }
}
