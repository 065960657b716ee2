import type { ChatMessage, ReasoningPart, TextPart, ToolCallPart, ToolResultPart } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { listAt, objectAt, textAt } from '../../values.ts'
import { refuseUnknown, type SilentField, wordAt } from './fields.ts'
import { readTextParts, readUserParts } from './read-parts.ts'
import { readProof } from './tool-call-proof.ts'

/** Tool messages that follow each other become one, as they answer one turn of the assistant's. */
export function readMessages(value: unknown, path: string): readonly ChatMessage[] {
  const messages: ChatMessage[] = []
  for (const [index, entry] of listAt(value, path).entries()) {
    const at = `${path}/${index}`
    const message = readMessage(objectAt(entry, at), at)
    const last = messages.at(-1)
    if (message.role === 'tool' && last?.role === 'tool') {
      messages[messages.length - 1] = { role: 'tool', content: [...last.content, ...message.content] }
    } else {
      messages.push(message)
    }
  }
  return messages
}

function readMessage(message: JsonObject, path: string): ChatMessage {
  const { read, known, silent = {} } = roles[wordAt(message.role, `${path}/role`, roleNames)]
  refuseUnknown(message, known, silent, path)
  return read(message, path)
}

interface Role {
  readonly known: Readonly<Record<string, true>>
  readonly silent?: Readonly<Record<string, SilentField>>
  readonly read: (message: JsonObject, path: string) => ChatMessage
}

const roleNames = ['system', 'developer', 'user', 'assistant', 'tool'] as const
const system: Role = {
  known: { role: true, content: true },
  read: ({ content }, path) => ({ role: 'system', content: readTextParts(content, `${path}/content`) }),
}
const roles: Readonly<Record<(typeof roleNames)[number], Role>> = {
  system,
  developer: system,
  user: {
    known: { role: true, content: true },
    read: ({ content }, path) => ({ role: 'user', content: readUserParts(content, `${path}/content`) }),
  },
  assistant: {
    known: { role: true, content: true, refusal: true, tool_calls: true, reasoning_content: true, reasoning: true },
    silent: {
      annotations: { why: 'sources of what was said, which models do not read' },
      parsed: { why: "the official client's own reading of the content" },
      extra_content: { why: "a vendor's proof of its text, which no vendor demands back" },
    },
    read: (message, path) => ({ role: 'assistant', content: readAssistantParts(message, path) }),
  },
  tool: {
    known: { role: true, content: true, tool_call_id: true },
    silent: { name: { why: 'the call that is answered names its tool' } },
    read: (message, path) => ({ role: 'tool', content: [readToolResult(message, path)] }),
  },
}

function readAssistantParts(message: JsonObject, path: string): readonly (TextPart | ReasoningPart | ToolCallPart)[] {
  const { content, refusal, tool_calls: calls } = message
  const thoughtField = typeof message.reasoning_content === 'string' ? 'reasoning_content' : 'reasoning'
  const reasoning = textAt(message[thoughtField] ?? '', `${path}/${thoughtField}`)
  const refused = textAt(refusal ?? '', `${path}/refusal`)
  return [
    ...(reasoning === '' ? [] : [{ type: 'reasoning' as const, text: reasoning }]),
    // Many clients send "" where there are only tool calls; other vendors refuse empty texts.
    ...(content === '' ? [] : readTextParts(content ?? [], `${path}/content`)),
    ...(refused === '' ? [] : [{ type: 'text' as const, text: refused }]),
    ...listAt(calls ?? [], `${path}/tool_calls`).map((call, index) =>
      readToolCall(call, `${path}/tool_calls/${index}`),
    ),
  ]
}

function readToolCall(value: unknown, path: string): ToolCallPart {
  const call = objectAt(value, path)
  refuseUnknown(call, { id: true, type: true, function: true, extra_content: true }, toolCallSilent, path)
  wordAt(call.type ?? 'function', `${path}/type`, ['function'])
  const named = objectAt(call.function, `${path}/function`)
  refuseUnknown(named, { name: true, arguments: true }, functionSilent, `${path}/function`)
  return {
    type: 'tool-call',
    id: textAt(call.id, `${path}/id`),
    tool: textAt(named.name, `${path}/function/name`),
    // No text at all is how some models call a tool that takes nothing.
    arguments: textAt(named.arguments ?? '', `${path}/function/arguments`) || '{}',
    ...readCallProof(call, `${path}/extra_content`),
  }
}

/** Whatever else a vendor adds to its calls is refused by its name. */
function readCallProof(call: JsonObject, path: string): Pick<ToolCallPart, 'signature'> {
  const extra = call.extra_content ?? undefined
  if (extra === undefined) return {}
  const members = objectAt(extra, path)
  refuseUnknown(members, { google: true }, {}, path)
  const google = `${path}/google`
  refuseUnknown(objectAt(members.google ?? {}, google), { thought_signature: true }, {}, google)
  return readProof(call)
}

const toolCallSilent: Readonly<Record<string, SilentField>> = {
  index: { why: 'its place in the stream that it came by' },
}
const functionSilent: Readonly<Record<string, SilentField>> = {
  parsed_arguments: { why: "the official client's own reading of the arguments" },
}

function readToolResult({ content, tool_call_id: id }: JsonObject, path: string): ToolResultPart {
  return {
    type: 'tool-result',
    id: textAt(id, `${path}/tool_call_id`),
    content: readTextParts(content, `${path}/content`),
  }
}
