import type { Item } from '../../kernel/answer.ts'
import type { ContractCheck } from '../../kernel/catalog.ts'
import type { ChatAnswer, FinishReason } from '../../kernel/chat.ts'
import { AstraError } from '../../kernel/errors.ts'

/** An item; or what was said instead of one, and what is wrong with it, which the model may be asked to mend. */
export type Reading = Item | Misanswer

export interface Misanswer {
  readonly said: string
  readonly fault: string
}

/** Of a chat's answer, the contract's output. */
export function readAnswer({ choices: [choice] }: ChatAnswer, check: Pick<ContractCheck, 'output'>): Reading {
  const hopeless = choice ? endings[choice.finishReason] : 'the model gave no answer'
  if (hopeless !== undefined) return { error: brokenContract(hopeless) }
  const said = (choice?.content ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('')
  const parsed = parseJson(said) ?? parseJson(insideFence(said))
  if (!parsed) return { said, fault: 'it is not JSON' }
  const violations = check.output(parsed.value)
  if (!violations) return { output: parsed.value }
  return { said, fault: violations.map(({ path, message }) => `${path || 'the whole'} ${message}`).join('; ') }
}

/** Ends after which the same question would end the same way. */
const endings: Partial<Readonly<Record<FinishReason, string>>> = {
  refusal: 'the model refused to answer',
  length: 'the answer was cut off: outputTokensMax is too low for it',
}

/** What exactly was wrong is the operator's to know: it may quote the model's words. */
export function brokenContract(reason: string): AstraError {
  return new AstraError('invalid_output', { reason })
}

/** In an object, as null is JSON too. The parser's own message would quote the text. */
function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

const fence = '```'

/** Models that were told to write nothing but JSON like to write it as a block of Markdown all the same. */
function insideFence(text: string): string {
  const begin = text.indexOf(fence)
  const line = text.indexOf('\n', begin)
  const end = text.lastIndexOf(fence)
  return begin === -1 || line === -1 || end < line ? '' : text.slice(line, end)
}
