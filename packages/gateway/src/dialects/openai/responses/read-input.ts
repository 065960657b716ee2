import type { ChatMessage, ReasoningPart } from '../../../kernel/chat.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import { always, byType, form, listOf, membersOf, only, optional, type Read, required } from '../../members.ts'
import { textAt, wrongAt } from '../../values.ts'
import { readProof } from './proof.ts'
import { readAssistantContent, readSystemContent, readToolContent, readUserContent, textPart } from './read-content.ts'

/** `input`: a string or a list of items. What one side says in several items after each other is one canonical message. */
export const readInput: Read<readonly ChatMessage[]> = (value, path) => {
  if (typeof value === 'string') return [{ role: 'user', content: [textPart(value)] }]
  return joinRuns(readItems(value, path))
}

/** An item's name at its vendor and how far it had got: of no meaning to a model. */
const identity = { id: always, status: always }
/** What marks a call that no hosted tool made. */
const ownCall = { async: only(false), caller: isDirect }

/** `phase` is a vendor's remark to its own models on which of their words were the answer. */
const messageForm = form(['type', 'role', 'content'], { ...identity, phase: always })
const callForm = form(['type', 'call_id', 'name', 'arguments'], { ...identity, ...ownCall })
/** The tool's name stands in the call already. */
const resultForm = form(['type', 'call_id', 'output'], { ...identity, name: always, caller: isDirect })
const reasoningForm = form(['type', 'summary', 'content', 'encrypted_content'], identity)
const thoughtForm = form(['type', 'text'], {})

const readMessage: Read<ChatMessage> = (value, path) => {
  const members = membersOf(value, path, messageForm)
  switch (members.role) {
    case 'system':
    case 'developer':
      return { role: 'system', content: required(members, 'content', path, readSystemContent) }
    case 'user':
      return { role: 'user', content: required(members, 'content', path, readUserContent) }
    case 'assistant':
      return { role: 'assistant', content: required(members, 'content', path, readAssistantContent) }
    default:
      throw wrongAt(`${path}/role`, 'must be user, assistant, system or developer')
  }
}

const readCall: Read<ChatMessage> = (value, path) => {
  const members = membersOf(value, path, callForm)
  const part = {
    type: 'tool-call',
    id: required(members, 'call_id', path, textAt),
    tool: required(members, 'name', path, textAt),
    arguments: required(members, 'arguments', path, textAt),
  } as const
  return { role: 'assistant', content: [part] }
}

const readResult: Read<ChatMessage> = (value, path) => {
  const members = membersOf(value, path, resultForm)
  const id = required(members, 'call_id', path, textAt)
  const content = required(members, 'output', path, readToolContent)
  return { role: 'tool', content: [{ type: 'tool-result', id, content }] }
}

const readReasoning: Read<ChatMessage> = (value, path) => {
  const members = membersOf(value, path, reasoningForm)
  const thoughts = (name: string): readonly string[] => optional(members, name, path, listOf(readThought)) ?? []
  const part: ReasoningPart = {
    type: 'reasoning',
    text: joinThoughts(thoughts('summary'), thoughts('content')),
    ...readProof(optional(members, 'encrypted_content', path, textAt)),
  }
  return { role: 'assistant', content: [part] }
}

const readThought: Read<string> = (value, path) => required(membersOf(value, path, thoughtForm), 'text', path, textAt)

const readItems = listOf(
  byType(
    { message: readMessage, function_call: readCall, function_call_output: readResult, reasoning: readReasoning },
    'message',
  ),
)

/** Of a reasoning item: its summary, else its own words, which only open models show. */
export function joinThoughts(summary: readonly string[], content: readonly string[]): string {
  return (summary.length > 0 ? summary : content).join('\n\n')
}

/** Long runs are usual where many tools were called, so that each is joined at once. */
function joinRuns(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const joined: ChatMessage[] = []
  for (let start = 0; start < messages.length; ) {
    const role = messages[start]?.role
    let end = start + 1
    while (messages[end]?.role === role) end += 1
    joined.push(...joinRun(messages.slice(start, end)))
    start = end
  }
  return joined
}

function joinRun(run: readonly ChatMessage[]): readonly ChatMessage[] {
  const role = run[0]?.role
  if (role === 'assistant') {
    return [{ role, content: run.flatMap((message) => (message.role === role ? message.content : [])) }]
  }
  if (role === 'tool')
    return [{ role, content: run.flatMap((message) => (message.role === role ? message.content : [])) }]
  return run
}

function isDirect(caller: unknown): boolean {
  return isJsonObject(caller) && caller.type === 'direct'
}
