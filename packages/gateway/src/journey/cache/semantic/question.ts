import type { CachePolicy } from '../../../kernel/cache.ts'
import type { TaskName } from '../../../kernel/tasks.ts'
import type { Dialect } from '../../../kernel/wire.ts'
import type { FittedCall } from '../../assign/fit-inputs.ts'
import { cacheKey } from '../cache-key.ts'

/** The text of a call whose meaning is compared, and what all else of it comes to. */
export interface Question {
  readonly text: string
  /** Equal for calls that differ in that text alone: in scope, version, form, parameters and every other message they are the same. */
  readonly family: string
}

/** Characters. Models that embed read no further than some length, so that longer texts with one beginning would look alike. */
const textMax = 8000

/** Undefined where a call has no such text, or more than one. */
export function questionOf(fitted: FittedCall, policy: CachePolicy): Question | undefined {
  const { call, contract, inputs, way } = fitted
  if (call.batch) return undefined
  const { wire } = call
  const relayed = way === 'relay' ? wire : undefined
  if (!relayed && inputs.length !== 1) return undefined
  const cut = relayed
    ? cutText(relayed.body, dialectFields[relayed.dialect])
    : cutText(inputs[0], taskFields[contract.task] ?? 'text')
  if (!cut || cut.text.trim() === '' || cut.text.length > textMax) return undefined
  const rest = relayed
    ? { ...fitted, call: { ...call, wire: { ...relayed, body: cut.rest } } }
    : { ...fitted, inputs: [cut.rest] }
  const family = cacheKey(rest, policy)
  return family === undefined ? undefined : { text: cut.text, family }
}

/** Where the text stands: in a field that holds it, or in one with a list of messages. Undefined: nowhere. */
const dialectFields: Readonly<Record<Dialect, string | undefined>> = {
  'openai-chat': 'messages',
  'openai-responses': 'input',
  'openai-completions': 'prompt',
  'openai-embeddings': undefined,
  'openai-moderations': 'input',
  'anthropic-messages': 'messages',
  'anthropic-count-tokens': undefined,
}

const taskFields: Readonly<Partial<Record<TaskName, string>>> = { chat: 'messages', completion: 'prompt' }

interface Cut {
  readonly text: string
  /** With a null in the text's place, where no text could be: two that are equal had theirs in the same place. */
  readonly rest: Readonly<Record<string, unknown>>
}

type Json = Readonly<Record<string, unknown>>

/** The whole field; or of messages the last one of the user: its content, or the last text among its parts. */
export function cutText(asked: unknown, field: string | undefined): Cut | undefined {
  if (field === undefined || !isObject(asked)) return undefined
  const value = asked[field]
  if (typeof value === 'string') return { text: value, rest: { ...asked, [field]: null } }
  if (!Array.isArray(value)) return undefined
  const at = value.findLastIndex((message) => isObject(message) && message.role === 'user')
  const message: unknown = value[at]
  const cut = isObject(message) ? cutMessage(message) : undefined
  return cut && { text: cut.text, rest: { ...asked, [field]: value.with(at, cut.rest) } }
}

function cutMessage(message: Json): Cut | undefined {
  const { content } = message
  if (typeof content === 'string') return { text: content, rest: { ...message, content: null } }
  if (!Array.isArray(content)) return undefined
  const at = content.findLastIndex((part) => isObject(part) && textTypes.has(part.type))
  const part: unknown = content[at]
  if (!isObject(part) || typeof part.text !== 'string') return undefined
  return { text: part.text, rest: { ...message, content: content.with(at, { ...part, text: null }) } }
}

const textTypes: ReadonlySet<unknown> = new Set(['text', 'input_text'])

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
