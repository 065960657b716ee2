import type { ChatRequest } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { given } from '../../json.ts'
import { notInAnthropic } from './refusal.ts'

/** Tools, reasoning and the form of the output, as the messages protocol has them. */

export function writeTools({ tools, toolChoice, parallelToolCalls }: ChatRequest): JsonObject {
  // Without tools there is nothing to choose from, and Anthropic refuses a choice.
  if (!tools?.length) {
    const forced = toolChoice !== undefined && toolChoice !== 'auto' && toolChoice !== 'none'
    if (forced) throw notInAnthropic('tool choice without tools', '/toolChoice')
    return {}
  }
  return given({
    tools: tools.map(({ name, description, parameters, strict }) => ({
      name,
      ...given({ description, strict }),
      input_schema: parameters,
    })),
    tool_choice:
      toolChoice === undefined && parallelToolCalls === undefined
        ? undefined
        : writeToolChoice(toolChoice ?? 'auto', parallelToolCalls),
  })
}

const choiceTypes = { auto: 'auto', required: 'any', none: 'none' } as const

function writeToolChoice(choice: NonNullable<ChatRequest['toolChoice']>, parallel: boolean | undefined): JsonObject {
  // Where no tool may be called, none are called in parallel, and the protocol has no such member there.
  if (choice === 'none') return { type: 'none' }
  const type = typeof choice === 'string' ? { type: choiceTypes[choice] } : { type: 'tool', name: choice.tool }
  return { ...type, ...given({ disable_parallel_tool_use: parallel === undefined ? undefined : !parallel }) }
}

type Reasoning = NonNullable<ChatRequest['reasoning']>

/** `none` is told by `thinking` instead. Anthropic's lowest is `low`. */
const effortTable = {
  none: undefined,
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'xhigh',
} as const satisfies Record<NonNullable<Reasoning['effort']>, string | undefined>

export function writeOutput({ reasoning, responseFormat }: ChatRequest): JsonObject {
  const effort = reasoning?.effort && effortTable[reasoning.effort]
  const format = responseFormat && writeFormat(responseFormat)
  return given({
    thinking: reasoning && writeThinking(reasoning),
    output_config: effort || format ? given({ effort, format }) : undefined,
  })
}

function writeThinking({ effort, tokensMax }: Reasoning): JsonObject {
  if (effort === 'none') {
    if (tokensMax !== undefined)
      throw notInAnthropic('tokens for reasoning that is switched off', '/reasoning/tokensMax')
    return { type: 'disabled' }
  }
  return tokensMax === undefined ? { type: 'adaptive' } : { type: 'enabled', budget_tokens: tokensMax }
}

/** The schema's name is a label in the request only: it has no place here, and changes no answer. */
function writeFormat(format: NonNullable<ChatRequest['responseFormat']>): JsonObject | undefined {
  if (format.type === 'text') return undefined
  if (!format.schema) throw notInAnthropic('JSON output without a schema', '/responseFormat')
  return { type: 'json_schema', schema: format.schema }
}
