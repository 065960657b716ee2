import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { TaskName } from '../../../kernel/tasks.ts'

/**
 * A side of a call as text for a judge to read. Of a chat and of a completion the words; of anything else its JSON. Equal values give
 * equal texts, whatever the order of their keys: by that order nobody can tell who answered.
 */
export function wordsOf(value: unknown, task: TaskName): string {
  if (typeof value === 'string') return value
  return (isJsonObject(value) ? wordsOfTask[task]?.(value) : undefined) ?? JSON.stringify(inOrder(value))
}

type Words = (value: Readonly<Record<string, unknown>>) => string | undefined

/** Undefined of what is neither side of the task. */
const wordsOfTask: Partial<Readonly<Record<TaskName, Words>>> = {
  chat: ({ messages, choices }) => {
    if (Array.isArray(messages)) return messages.map(wordsOfMessage).join('\n\n')
    return Array.isArray(choices) ? choices.map(wordsOfContent).join('\n\n') : undefined
  },
  completion: ({ prompt, text }) => textIn(prompt) ?? textIn(text),
}

function wordsOfMessage(message: unknown): string {
  const role = isJsonObject(message) ? textIn(message.role) : undefined
  return `${role ?? 'user'}: ${wordsOfContent(message)}`
}

/** Its parts as a stream of it would tell them, so that the same answer reads the same either way: nothing stands between them. */
function wordsOfContent(holder: unknown): string {
  const content = isJsonObject(holder) ? holder.content : undefined
  if (typeof content === 'string') return content
  return Array.isArray(content) ? content.map(wordsOfPart).join('') : ''
}

function wordsOfPart(part: unknown): string {
  if (!isJsonObject(part)) return ''
  const { type, text, arguments: given, content } = part
  // What a tool found out; a picture in it is named as any other.
  if (type === 'tool-result') return Array.isArray(content) ? content.map(wordsOfPart).join('') : ''
  return textIn(text) ?? textIn(given) ?? `[${textIn(type) ?? 'part'}]`
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The same with the keys of each object in one order. */
export function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (!isJsonObject(value)) return value
  const keys = Object.keys(value).sort()
  return Object.fromEntries(keys.map((key) => [key, inOrder(value[key])]))
}
