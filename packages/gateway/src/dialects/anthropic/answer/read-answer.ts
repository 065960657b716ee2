import type { ChatAnswer, FinishReason } from '../../../kernel/chat.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { JsonObject, ReadAnswer } from '../../dialect.ts'
import { outOfForm } from '../../json.ts'
import { anthropicFault } from '../fault.ts'
import { textIn, textOf } from '../json.ts'
import { readStopReason } from '../stop-reason.ts'
import { countsOf, readUsage } from '../usage.ts'

type Part = ChatAnswer['choices'][number]['content'][number]

export function readAnswer(body: JsonObject): ReadAnswer {
  const content = blocksOf(body).flatMap((block) => readBlock(block) ?? [])
  const output: ChatAnswer = { choices: [{ content, finishReason: readStopReason(body.stop_reason) }] }
  return { items: [{ output }], ...usageIn(body) }
}

export function lookAtAnswer(body: JsonObject): ReturnType<typeof usageIn> & { readonly text: string } {
  return { ...usageIn(body), text: blocksOf(body).map(saidIn).join('') }
}

/** `ask.finishOf`. */
export function finishOf({ stop_reason: reason }: JsonObject): FinishReason | undefined {
  return typeof reason === 'string' ? readStopReason(reason) : undefined
}

/** Throws what an error in place of the message says. */
function blocksOf(body: JsonObject): readonly JsonObject[] {
  const fault = anthropicFault(body, undefined, false)
  if (fault) throw fault
  const content = body.content
  if (!Array.isArray(content)) throw outOfForm('a message without a list "content"')
  return content.filter(isJsonObject)
}

/** Blocks of kinds that nobody asked for are passed over. */
function readBlock(block: JsonObject): Part | undefined {
  return readers.get(textOf(block.type))?.(block)
}

const readers: ReadonlyMap<string, (block: JsonObject) => Part> = new Map<string, (block: JsonObject) => Part>([
  ['text', (block) => ({ type: 'text', text: textIn(block, 'text') })],
  [
    'thinking',
    (block) => {
      const signature = block.signature
      const proof = typeof signature === 'string' && signature !== '' ? { signature } : {}
      return { type: 'reasoning', text: textIn(block, 'thinking'), ...proof }
    },
  ],
  ['redacted_thinking', (block) => ({ type: 'reasoning', text: '', redacted: textIn(block, 'data') })],
  [
    'tool_use',
    (block) => ({
      type: 'tool-call',
      id: textIn(block, 'id'),
      tool: textIn(block, 'name'),
      arguments: JSON.stringify(block.input ?? {}),
    }),
  ],
])

/** What the model said in a block, of whatever kind. */
function saidIn({ text, thinking, input }: JsonObject): string {
  if (typeof text === 'string') return text
  if (typeof thinking === 'string') return thinking
  return input === undefined ? '' : JSON.stringify(input)
}

function usageIn(body: JsonObject): Pick<ReadAnswer, 'usage'> {
  const usage = readUsage(countsOf(body.usage))
  return usage ? { usage } : {}
}
