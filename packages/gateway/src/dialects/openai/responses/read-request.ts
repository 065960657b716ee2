import type { ChatRequest } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { given } from '../../json.ts'
import {
  always,
  form,
  integerWithin,
  listOf,
  membersOf,
  numberWithin,
  only,
  optional,
  type Passes,
  type Read,
  required,
  unsupported,
} from '../../members.ts'
import { booleanAt, textAt } from '../../values.ts'
import { textPart } from './read-content.ts'
import { readText } from './read-format.ts'
import { readInput } from './read-input.ts'
import { readTool, readToolChoice } from './read-tools.ts'

const reads = [
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'max_output_tokens',
  'temperature',
  'top_p',
  'reasoning',
  'top_logprobs',
  'include',
]

/** What passes in silence, as it changes no answer. */
const passes: Readonly<Record<string, Passes>> = {
  // Read by the door.
  model: always,
  stream: always,
  // Options of the call at this gateway: its unit and its tags.
  user: always,
  safety_identifier: always,
  metadata: always,
  // How bytes are padded on their way.
  stream_options: always,
  // Matters of cost at a vendor.
  prompt_cache_key: always,
  prompt_cache_retention: always,
  service_tier: only('auto', 'default'),
  // What is done here anyway.
  store: only(false),
  background: only(false),
  truncation: only('disabled'),
}

const requestForm = form(reads, passes)

/** `accept.readRequest`. */
export function readRequest(body: JsonObject): readonly [ChatRequest] {
  const members = membersOf(body, '', requestForm)
  const instructions = optional(members, 'instructions', '', textAt)
  const input = required(members, 'input', '', readInput)
  const messages =
    instructions === undefined ? input : [{ role: 'system', content: [textPart(instructions)] } as const, ...input]
  const options = given({
    tools: optional(members, 'tools', '', listOf(readTool)),
    toolChoice: optional(members, 'tool_choice', '', readToolChoice),
    parallelToolCalls: optional(members, 'parallel_tool_calls', '', booleanAt),
    responseFormat: optional(members, 'text', '', readText),
    outputTokensMax: optional(members, 'max_output_tokens', '', integerWithin(1, 10_000_000)),
    temperature: optional(members, 'temperature', '', numberWithin(0, 2)),
    topP: optional(members, 'top_p', '', numberWithin(0, 1)),
    logprobs: readLogprobs(members),
    reasoning: optional(members, 'reasoning', '', readReasoning),
  })
  return [{ messages, ...options }]
}

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const
/** How much of its reasoning a model tells is a hint; many tell all of it, or nothing. */
const reasoningForm = form(['effort'], {
  summary: always,
  generate_summary: always,
  context: only('auto'),
  mode: only('standard'),
})

const readReasoning: Read<ChatRequest['reasoning']> = (value, path) => {
  const wish = optional(membersOf(value, path, reasoningForm), 'effort', path, textAt)
  if (wish === undefined) return undefined
  const effort = efforts.find((known) => known === wish)
  if (effort === undefined) throw unsupported(wish, `${path}/effort`)
  return { effort }
}

const includeLogprobs = 'message.output_text.logprobs'
/** Reasoning that a vendor hides is always given back. */
const includes = new Set([includeLogprobs, 'reasoning.encrypted_content'])

/** Asked for by their number, or by `include` alone: those of the chosen tokens. */
function readLogprobs(members: JsonObject): number | undefined {
  const include = optional(members, 'include', '', listOf(textAt)) ?? []
  const stranger = include.findIndex((name) => !includes.has(name))
  if (stranger >= 0) throw unsupported(include[stranger] ?? '', `/include/${stranger}`)
  const top = optional(members, 'top_logprobs', '', integerWithin(0, 20))
  return include.includes(includeLogprobs) ? (top ?? 0) : top || undefined
}
