import type { ChatMessage, FilePart, ImagePart, TextPart, ToolResultPart } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { form, listOf, membersOf, optional, type Read, required } from '../../members.ts'
import { textAt, wrongAt } from '../../values.ts'
import { assistantContent, systemContent, userContent } from './read-blocks.ts'

/** The system prompt and the turns as canonical messages. */
export function readConversation(body: JsonObject): readonly ChatMessage[] {
  const system = optional(body, 'system', '', systemContent) ?? []
  const turns = required(body, 'messages', '', listOf(readTurn)).flat()
  return system.length > 0 ? [{ role: 'system', content: system }, ...turns] : turns
}

const turnForm = form(['role', 'content'], {})

const messagesByRole: ReadonlyMap<string, Read<readonly ChatMessage[]>> = new Map([
  ['user', (value, path) => splitUserTurn(userContent(value, path))],
  ['assistant', (value, path) => [{ role: 'assistant', content: assistantContent(value, path) }]],
  // Documented for newer models: instructions that come in mid-conversation.
  ['system', (value, path) => [{ role: 'system', content: systemContent(value, path) }]],
])

function readTurn(value: unknown, path: string): readonly ChatMessage[] {
  const members = membersOf(value, path, turnForm)
  const read = messagesByRole.get(required(members, 'role', path, textAt))
  if (!read) throw wrongAt(`${path}/role`, 'must be "user", "assistant" or "system"')
  return required(members, 'content', path, read)
}

type UserPart = TextPart | ImagePart | FilePart

/** Results of tools stand in the user's turns here; in the canonical form they are messages of their own. */
function splitUserTurn(parts: readonly (UserPart | ToolResultPart)[]): readonly ChatMessage[] {
  const messages: ({ role: 'user'; content: UserPart[] } | { role: 'tool'; content: ToolResultPart[] })[] = []
  for (const part of parts) {
    const last = messages.at(-1)
    if (part.type === 'tool-result') {
      if (last?.role === 'tool') last.content.push(part)
      else messages.push({ role: 'tool', content: [part] })
    } else if (last?.role === 'user') last.content.push(part)
    else messages.push({ role: 'user', content: [part] })
  }
  return messages.length > 0 ? messages : [{ role: 'user', content: [] }]
}
