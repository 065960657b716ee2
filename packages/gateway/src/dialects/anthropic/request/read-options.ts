import type { ChatRequest, ChatTool } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { given } from '../../json.ts'
import { byType, form, integerWithin, membersOf, optional, type Read, required, unsupported } from '../../members.ts'
import { booleanAt, objectAt, textAt, wrongAt } from '../../values.ts'
import { thinkingPasses, toolPasses } from './passes.ts'

/** Tools, reasoning and the form of the output, as the canonical form has them. */

const toolForm = form(['type', 'name', 'description', 'input_schema', 'strict'], toolPasses)

export const readTool: Read<ChatTool> = (value, path) => {
  const type = optional(objectAt(value, path), 'type', path, textAt) ?? 'custom'
  // Any other type is a tool that Anthropic runs, or that its models were trained on.
  if (type !== 'custom') throw unsupported(type, `${path}/type`)
  const members = membersOf(value, path, toolForm)
  return {
    name: required(members, 'name', path, textAt),
    parameters: required(members, 'input_schema', path, objectAt),
    ...given({
      description: optional(members, 'description', path, textAt),
      strict: optional(members, 'strict', path, booleanAt),
    }),
  }
}

type Choice = Pick<ChatRequest, 'toolChoice' | 'parallelToolCalls'>

const choiceForm = form(['type', 'disable_parallel_tool_use'])
const namedChoiceForm = form(['type', 'name', 'disable_parallel_tool_use'])

export const readToolChoice = byType<Choice>({
  auto: (value, path) => ({ toolChoice: 'auto', ...parallel(membersOf(value, path, choiceForm), path) }),
  any: (value, path) => ({ toolChoice: 'required', ...parallel(membersOf(value, path, choiceForm), path) }),
  none: (value, path) => ({ toolChoice: 'none', ...parallel(membersOf(value, path, choiceForm), path) }),
  tool: (value, path) => {
    const members = membersOf(value, path, namedChoiceForm)
    return { toolChoice: { tool: required(members, 'name', path, textAt) }, ...parallel(members, path) }
  },
})

function parallel(members: JsonObject, path: string): Choice {
  const disabled = optional(members, 'disable_parallel_tool_use', path, booleanAt)
  return disabled === undefined ? {} : { parallelToolCalls: !disabled }
}

type Reasoning = NonNullable<ChatRequest['reasoning']>

const budgetForm = form(['type', 'budget_tokens'], thinkingPasses)
const bareForm = form(['type'], thinkingPasses)

const readThinking = byType<Reasoning>({
  enabled: (value, path) => ({
    tokensMax: required(membersOf(value, path, budgetForm), 'budget_tokens', path, integerWithin(1, 10_000_000)),
  }),
  disabled: (value, path) => {
    membersOf(value, path, bareForm)
    return { effort: 'none' }
  },
  /** The model decides, within what `output_config.effort` says. */
  adaptive: (value, path) => {
    membersOf(value, path, bareForm)
    return {}
  },
})

const effortTable: ReadonlyMap<string, NonNullable<Reasoning['effort']>> = new Map([
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'xhigh'],
  // "As much as you have": the canonical form's highest.
  ['max', 'xhigh'],
])

const readEffort: Read<NonNullable<Reasoning['effort']>> = (value, path) => {
  const effort = effortTable.get(textAt(value, path))
  if (!effort) throw wrongAt(path, `must be one of ${[...effortTable.keys()].join(', ')}`)
  return effort
}

const outputForm = form(['effort', 'format'])
const formatForm = form(['type', 'schema'])

const readFormat = byType<NonNullable<ChatRequest['responseFormat']>>({
  json_schema: (value, path) => ({
    type: 'json',
    schema: required(membersOf(value, path, formatForm), 'schema', path, objectAt),
  }),
})

export function readOutput(body: JsonObject): Pick<ChatRequest, 'reasoning' | 'responseFormat'> {
  const output = optional(body, 'output_config', '', (value, path) => membersOf(value, path, outputForm)) ?? {}
  const effort = optional(output, 'effort', '/output_config', readEffort)
  const thinking = optional(body, 'thinking', '', readThinking)
  if (effort && thinking?.effort) throw unsupported('effort', '/output_config/effort')
  return given({
    reasoning: thinking || effort ? { ...thinking, ...given({ effort: thinking?.effort ?? effort }) } : undefined,
    // "output_format" was its name before "output_config" came.
    responseFormat:
      optional(output, 'format', '/output_config', readFormat) ?? optional(body, 'output_format', '', readFormat),
  })
}
