import type { ChatMessage, ToolResultPart } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { writeProof } from './tool-call-proof.ts'
import { unwritten, writeText, writeUserContent } from './write-parts.ts'

/** `proves`: upstream takes back what it signed its tool calls with. */
export function writeMessages(messages: readonly ChatMessage[], proves: boolean): readonly JsonObject[] {
  return messages.flatMap((message) => writeMessage(message, proves))
}

function writeMessage(message: ChatMessage, proves: boolean): readonly JsonObject[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: writeText(message.content) }]
    case 'user':
      return [{ role: 'user', content: writeUserContent(message.content) }]
    case 'assistant':
      return [writeAssistant(message.content, proves)]
    case 'tool':
      return message.content.map(writeToolResult)
  }
}

/**
 * Text before tool calls, as the protocol has one place for each. Reasoning of earlier turns is left out: there is no word for it, it is
 * its vendor's own, and a model that wants it keeps it itself.
 */
function writeAssistant(content: Extract<ChatMessage, { role: 'assistant' }>['content'], proves: boolean): JsonObject {
  const said = content.filter((part) => part.type === 'text')
  const calls = content.filter((part) => part.type === 'tool-call')
  if (calls.length === 0) return { role: 'assistant', content: said.length === 0 ? '' : writeText(said) }
  return {
    role: 'assistant',
    content: said.length === 0 ? null : writeText(said),
    tool_calls: calls.map(({ id, tool, arguments: text, signature }) => ({
      id,
      type: 'function',
      function: { name: tool, arguments: text },
      ...(proves ? writeProof(signature) : {}),
    })),
  }
}

/** That a tool failed is told in words, as the protocol has no field for it. */
function writeToolResult({ id, content, failed }: ToolResultPart): JsonObject {
  const texts = content.map((part) => {
    if (part.type !== 'text') throw unwritten('tool-result.image')
    return part
  })
  const told = failed ? [{ type: 'text' as const, text: 'The tool failed.' }, ...texts] : texts
  return { role: 'tool', tool_call_id: id, content: writeText(told) }
}
