import type {
  ChatAnswer,
  FinishReason,
  ReasoningPart,
  TextPart,
  TokenLogprob,
  ToolCallPart,
} from '../../../kernel/chat.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { AskHalf, JsonObject, ReadAnswer } from '../../dialect.ts'
import { given, outOfForm } from '../../json.ts'
import { openaiFault } from '../fault.ts'
import { readFinish } from './finish.ts'
import { readLogprobs } from './logprobs.ts'
import { readProof } from './proof.ts'
import { joinThoughts } from './read-input.ts'
import { responseFault } from './response-fault.ts'
import { readUsage } from './usage.ts'

export type AnswerPart = TextPart | ReasoningPart | ToolCallPart

/** What one item of the output says. */
export interface ItemWords {
  readonly parts: readonly AnswerPart[]
  readonly refusal: boolean
  readonly logprobs?: readonly TokenLogprob[]
}

/** `ask.readAnswer`. */
export function readAnswer(body: JsonObject): ReadAnswer {
  const items = outputOf(body).map(readItem)
  const content = items.flatMap(({ parts }) => parts)
  const finishReason = readFinish(body, {
    calls: content.some(({ type }) => type === 'tool-call'),
    refusal: items.some(({ refusal }) => refusal),
  })
  const logprobs = items.flatMap((item) => item.logprobs ?? [])
  const output: ChatAnswer = {
    choices: [{ content, finishReason, ...(logprobs.length > 0 ? { logprobs } : {}) }],
  }
  return { items: [{ output }], ...given({ usage: readUsage(body.usage) }) }
}

/** `ask.lookAtAnswer`. */
export function lookAtAnswer(body: JsonObject): ReturnType<AskHalf['lookAtAnswer']> {
  const said = outputOf(body).flatMap((item) => readItem(item).parts.map(wordsOf))
  return { text: said.join('\n'), ...given({ usage: readUsage(body.usage) }) }
}

/** `ask.finishOf`. */
export function finishOf(body: JsonObject): FinishReason | undefined {
  if (typeof body.status !== 'string') return undefined
  const items = outputOf(body).map(readItem)
  return readFinish(body, {
    calls: items.some(({ parts }) => parts.some(({ type }) => type === 'tool-call')),
    refusal: items.some(({ refusal }) => refusal),
  })
}

export function wordsOf(part: AnswerPart): string {
  return part.type === 'tool-call' ? part.arguments : part.text
}

/** Items of kinds that the canonical form does not have, as hosted tools make them, say nothing. */
export function readItem(item: JsonObject): ItemWords {
  return itemReaders.get(item.type)?.(item) ?? { parts: [], refusal: false }
}

/** Throws where upstream says that it failed, or did not finish. */
function outputOf(body: JsonObject): readonly JsonObject[] {
  const fault = responseFault(body.error, false) ?? openaiFault(body, undefined, false)
  if (fault) throw fault
  const { status, output } = body
  if (typeof status === 'string' && !finished.has(status)) throw outOfForm(`its status is ${status.slice(0, 64)}`)
  if (!Array.isArray(output)) throw outOfForm('it has no output')
  return output.filter(isJsonObject)
}

const finished: ReadonlySet<string> = new Set(['completed', 'incomplete'])

const itemReaders: ReadonlyMap<unknown, (item: JsonObject) => ItemWords> = new Map([
  ['message', readMessage],
  ['function_call', readCall],
  ['reasoning', readReasoning],
])

function readMessage({ content }: JsonObject): ItemWords {
  const parts = Array.isArray(content) ? content.filter(isJsonObject) : []
  return {
    parts: parts.flatMap((part) => {
      const text = part.type === 'refusal' ? part.refusal : part.text
      return typeof text === 'string' ? [{ type: 'text', text } as const] : []
    }),
    refusal: parts.some(({ type }) => type === 'refusal'),
    logprobs: parts.flatMap(({ logprobs }) => readLogprobs(logprobs) ?? []),
  }
}

function readCall(item: JsonObject): ItemWords {
  return { parts: [{ type: 'tool-call', ...callOf(item), arguments: argumentsOf(item) }], refusal: false }
}

/** Some servers send the arguments themselves where their JSON text belongs. */
function argumentsOf({ arguments: written }: JsonObject): string {
  if (typeof written === 'string') return written
  return isJsonObject(written) ? JSON.stringify(written) : ''
}

/** Servers that speak like OpenAI may know one of the two ids only. */
export function callOf(item: JsonObject): { readonly id: string; readonly tool: string } {
  const id = item.call_id ?? item.id
  if (typeof id !== 'string' || typeof item.name !== 'string') throw outOfForm('a function call has no id or name')
  return { id, tool: item.name }
}

function readReasoning({ summary, content, encrypted_content }: JsonObject): ItemWords {
  const text = joinThoughts(thoughts(summary), thoughts(content))
  const proof = readProof(encrypted_content)
  const isEmpty = text === '' && Object.keys(proof).length === 0
  return { parts: isEmpty ? [] : [{ type: 'reasoning', text, ...proof }], refusal: false }
}

function thoughts(list: unknown): readonly string[] {
  const entries = Array.isArray(list) ? list.filter(isJsonObject) : []
  return entries.flatMap(({ text }) => (typeof text === 'string' ? [text] : []))
}
