import fc from 'fast-check'
import type { ChatMessage, ChatRequest, ChatTool, ToolResultPart } from '../../kernel/chat.ts'
import {
  assistantContent,
  type ChatFeatures,
  hundredths,
  names,
  plain,
  textList,
  texts,
  toolOutput,
  userParts,
} from './arbitrary-parts.ts'

export { arbitraryAnswer, arbitraryChunks } from './arbitrary-answer.ts'
export type { ChatFeatures } from './arbitrary-parts.ts'

export function arbitraryChat(has: ChatFeatures = {}): fc.Arbitrary<ChatRequest> {
  const reasoning = reasoningField(has)
  const optional = {
    ...toolFields(has),
    responseFormat: responseFormats(has),
    outputTokensMax: fc.integer({ min: 1, max: 100_000 }),
    temperature: hundredths(0, 100),
    topP: hundredths(0, 100),
    ...(has.stop ? { stop: fc.array(texts, { minLength: 1, maxLength: 4 }) } : {}),
    ...(has.penalties ? { seed: fc.maxSafeInteger(), frequencyPenalty: penalties, presencePenalty: penalties } : {}),
    ...(has.alternatives ? { n: fc.integer({ min: 2, max: 128 }) } : {}),
    ...(has.logprobs ? { logprobs: fc.integer({ min: 0, max: 20 }) } : {}),
    ...(has.topK ? { topK: fc.integer({ min: 1, max: 1000 }) } : {}),
    ...(reasoning ? { reasoning } : {}),
  }
  return fc
    .tuple(arbitraryMessages(has), fc.record(optional, { requiredKeys: [] }))
    .map(([messages, fields]): ChatRequest => plain({ messages, ...fields }))
}

/** Opens with system messages, if any, as some dialects have no other place for them. */
export function arbitraryMessages(has: ChatFeatures = {}): fc.Arbitrary<readonly ChatMessage[]> {
  const system = fc.record({ role: fc.constant('system' as const), content: textList(has) })
  const user = fc.record({
    role: fc.constant('user' as const),
    content: fc.array(userParts(has), { minLength: 1, maxLength: 3 }),
  })
  const exchange = fc
    .tuple(assistantContent(has), fc.array(toolOutput(has), { minLength: 0, maxLength: 3 }), user)
    .map(([content, outputs, next]): ChatMessage[] => {
      const calls = content.filter((part) => part.type === 'tool-call')
      const results = calls.map(
        ({ id }, index): ToolResultPart => ({
          type: 'tool-result',
          id,
          ...(outputs[index % Math.max(1, outputs.length)] ?? { content: [{ type: 'text', text: 'done' }] }),
        }),
      )
      return results.length > 0
        ? [
            { role: 'assistant', content },
            { role: 'tool', content: results },
          ]
        : [{ role: 'assistant', content }, next]
    })
  return fc
    .tuple(fc.array(system, { maxLength: 1 }), user, fc.array(exchange, { maxLength: 3 }))
    .map(([systems, first, exchanges]) => plain([...systems, first, ...exchanges.flat()]))
}

const penalties = hundredths(-200, 200).filter((value) => value !== 0)
const schemas = fc.dictionary(names, fc.constant({ type: 'string' }), { minKeys: 1, maxKeys: 3 }).map((properties) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
}))

function toolFields({ strictTools }: ChatFeatures) {
  const all = { name: names, description: texts, parameters: schemas, ...(strictTools ? { strict: fc.boolean() } : {}) }
  const tool: fc.Arbitrary<ChatTool> = fc.record(all, { requiredKeys: ['name', 'parameters'] })
  return {
    tools: fc.array(tool, { minLength: 1, maxLength: 3 }),
    toolChoice: fc.oneof(
      fc.constantFrom('auto' as const, 'none' as const, 'required' as const),
      fc.record({ tool: names }),
    ),
    parallelToolCalls: fc.boolean(),
  }
}

function responseFormats({
  plainJson,
  schemaNames,
}: ChatFeatures): fc.Arbitrary<NonNullable<ChatRequest['responseFormat']>> {
  const type = fc.constant('json' as const)
  return fc.oneof(
    fc.constant({ type: 'text' as const }),
    fc.record({ type, schema: schemas, ...(schemaNames ? { name: names } : {}) }),
    ...(plainJson ? [fc.record({ type })] : []),
  )
}

function reasoningField({ effort, reasoningTokens }: ChatFeatures) {
  const forms: fc.Arbitrary<NonNullable<ChatRequest['reasoning']>>[] = []
  if (effort) forms.push(fc.record({ effort: fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh') }))
  if (reasoningTokens) forms.push(fc.record({ tokensMax: fc.integer({ min: 1, max: 100_000 }) }))
  return forms.length > 0 ? fc.oneof(...forms) : undefined
}
