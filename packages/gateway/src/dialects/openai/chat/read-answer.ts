import type { TokenUsage } from '../../../kernel/answer.ts'
import type { ChatAnswer, FinishReason, ToolCallPart } from '../../../kernel/chat.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { worseFinish } from '../../../kernel/finish.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { JsonObject, ReadAnswer } from '../../dialect.ts'
import { openaiFault } from '../fault.ts'
import { readFinishReason } from './finish-reason.ts'
import { readLogprobs } from './logprobs.ts'
import { readProof } from './tool-call-proof.ts'
import { readUsage } from './usage.ts'

type Choice = ChatAnswer['choices'][number]

export function readChatAnswer(body: JsonObject): ReadAnswer {
  const choices = choicesIn(body).map(readChoice)
  const usage = readUsage(body.usage)
  return { items: [{ output: { choices } satisfies ChatAnswer }], ...(usage ? { usage } : {}) }
}

export function lookAtChatAnswer(body: JsonObject): { readonly usage?: TokenUsage; readonly text: string } {
  let text = ''
  for (const choice of choicesIn(body)) {
    const { message } = choice
    if (isJsonObject(message))
      text += textOf(message.content) + textOf(reasoningOf(message)) + textOf(message.refusal) + callsText(message)
  }
  const usage = readUsage(body.usage)
  return usage ? { usage, text } : { text }
}

/** `ask.finishOf`, of completions too. */
export function finishOfChoices({ choices }: JsonObject): FinishReason | undefined {
  if (!Array.isArray(choices)) return undefined
  let worst: FinishReason | undefined
  for (const choice of choices) if (isJsonObject(choice)) worst = worseFinish(worst, finishOfChoice(choice))
  return worst
}

function finishOfChoice({ message, finish_reason: reason }: JsonObject): FinishReason | undefined {
  if (typeof reason !== 'string') return undefined
  if (!isJsonObject(message)) return readFinishReason(reason, false)
  if (textOf(message.refusal) !== '') return 'refusal'
  return readFinishReason(reason, Array.isArray(message.tool_calls) && message.tool_calls.length > 0)
}

/** Of a 200's body; an error in it is thrown as what it is. */
export function choicesIn(body: JsonObject): readonly JsonObject[] {
  const fault = openaiFault(body, undefined, false)
  if (fault !== undefined) throw fault
  const { choices } = body
  if (!Array.isArray(choices) || choices.length === 0) throw outOfForm('without choices')
  if (!choices.every(isJsonObject)) throw outOfForm('with a choice that is no object')
  return choices
}

export function outOfForm(words: string): AstraError {
  return new AstraError('upstream_failed', { reason: `upstream answered ${words}` })
}

/** DeepSeek's and vLLM's word, then OpenRouter's and newer vLLM's. */
export function reasoningOf({ reasoning_content: content, reasoning }: JsonObject): unknown {
  return content ?? reasoning
}

/** A string, or of some servers a list of parts. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part: unknown) => (isJsonObject(part) && typeof part.text === 'string' ? part.text : '')).join('')
}

function readChoice({ message, finish_reason: reason, logprobs }: JsonObject): Choice {
  if (!isJsonObject(message)) throw outOfForm('with a choice without a message')
  if (reason === 'error') throw outOfForm('with a choice that ended in an error')
  const reasoning = textOf(reasoningOf(message))
  const refusal = textOf(message.refusal)
  const text = textOf(message.content) + refusal
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls.map(readToolCall) : []
  const probabilities = readLogprobs(logprobs)
  return {
    content: [
      ...(reasoning === '' ? [] : [{ type: 'reasoning' as const, text: reasoning }]),
      ...(text === '' ? [] : [{ type: 'text' as const, text }]),
      ...calls,
    ],
    finishReason: refusal === '' ? readFinishReason(reason, calls.length > 0) : 'refusal',
    ...(probabilities ? { logprobs: probabilities } : {}),
  }
}

function readToolCall(call: unknown, index: number): ToolCallPart {
  const named = isJsonObject(call) ? call.function : undefined
  if (!isJsonObject(call) || !isJsonObject(named) || typeof named.name !== 'string')
    throw outOfForm('with a tool call out of form')
  const id = typeof call.id === 'string' && call.id !== '' ? call.id : `call_${index}`
  return {
    type: 'tool-call',
    id,
    tool: named.name,
    arguments: argumentsText(named.arguments) || '{}',
    ...readProof(call),
  }
}

/** JSON text, or of some servers what it stands for. */
export function argumentsText(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)
}

function callsText({ tool_calls: calls }: JsonObject): string {
  if (!Array.isArray(calls)) return ''
  return calls
    .map((call: unknown) =>
      isJsonObject(call) && isJsonObject(call.function) ? argumentsText(call.function.arguments) : '',
    )
    .join('')
}
