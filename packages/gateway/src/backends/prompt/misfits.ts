import type { ContractRevision } from '../../kernel/catalog-state.ts'
import type { ChatRequest } from '../../kernel/chat.ts'
import type { Violation } from '../../kernel/errors.ts'
import { explain } from '../../kernel/schema/explain.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import { schemaLack } from './portable-schema.ts'
import type { PromptSettings } from './settings.ts'
import { leavesSchema, parseTemplate, placeholdersOf } from './template.ts'
import { chatOptions } from './write-chat.ts'

/** As `Backend.chatMisfit`, of one chat model. */
export type ChatMisfit = (chat: ChatRequest) => string | undefined

/** What is wrong with the texts by themselves. */
export function textFault({ system = '', prompt }: PromptSettings): Violation | undefined {
  const parsed = parseTemplate(prompt)
  if ('fault' in parsed) return { path: 'prompt', message: parsed.fault }
  if (placeholdersOf(parsed.template).length === 0) {
    return { path: 'prompt', message: 'has no placeholder: every input would get the same answer; write {{input}}' }
  }
  // A model believes this message more than any other: nothing that a caller sends may stand there.
  if (system.includes('{{')) {
    return { path: 'system', message: 'takes no placeholder ("{{"): what comes from callers belongs into "prompt"' }
  }
  return undefined
}

/** Where the settings do not fit the contract or the chat model, by JSON Pointers. */
export function misfits(
  settings: PromptSettings,
  { input, output }: ContractRevision,
  chatMisfit: ChatMisfit,
): readonly Violation[] {
  const { examples = [], prompt } = settings
  const parsed = parseTemplate(prompt)
  const strangers = 'fault' in parsed ? [] : placeholdersOf(parsed.template)
  return [
    ...strangers.flatMap(({ path }) => {
      const known = leavesSchema(input, path)
      if (!known) return []
      const name = path.at(-1) ?? ''
      return [
        { path: '/prompt', message: `names no field of the input: ${path.join('.')}`, ...didYouMean(name, known) },
      ]
    }),
    ...examples.flatMap((example, n) => [
      ...explain(input, example.input, `/examples/${n}/input`),
      ...explain(output, example.output, `/examples/${n}/output`),
    ]),
    ...(schemaMisfit(settings, output) ?? chatMisfits(settings, output, chatMisfit)),
  ]
}

function schemaMisfit(
  { structured }: PromptSettings,
  output: ContractRevision['output'],
): readonly Violation[] | undefined {
  const lack = structured === 'schema' ? schemaLack(output) : undefined
  if (lack === undefined) return undefined
  const message = `no vendor can hold an answer to this contract's output: ${lack}`
  return [{ path: '/structured', message, suggestion: 'Write "structured: text".' }]
}

/** An upstream without words for what the settings ask for would refuse every call. */
function chatMisfits(
  settings: PromptSettings,
  output: ContractRevision['output'],
  chatMisfit: ChatMisfit,
): readonly Violation[] {
  const { responseFormat, reasoning, temperature, outputTokensMax } = chatOptions(settings, output)
  const messages: ChatRequest['messages'] = [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }]
  const wishes: readonly (readonly [setting: string, wish: Omit<ChatRequest, 'messages'>, suggestion: string])[] = [
    ['structured', responseFormat ? { responseFormat } : {}, 'Write "structured: text".'],
    ['reasoning', reasoning ? { reasoning } : {}, 'Leave it out.'],
    ['temperature', temperature === undefined ? {} : { temperature }, 'Write "temperature: null".'],
  ]
  return wishes.flatMap(([setting, wish, suggestion]) => {
    const lack = chatMisfit({ messages, ...(outputTokensMax ? { outputTokensMax } : {}), ...wish })
    if (lack === undefined) return []
    return [{ path: `/${setting}`, message: `every call would be refused: ${lack}`, suggestion }]
  })
}
