import { readCount } from '../../../dialects/read-count.ts'
import type { TokenUsage } from '../../../kernel/answer.ts'
import type { ChatAnswer, ChatChunk } from '../../../kernel/chat.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'

/** What a whole answer says, or one event of a stream. */
export interface Written {
  readonly text: string
  readonly reasoning: string
  /** Undefined before the end. */
  readonly finishReason: 'stop' | 'length' | 'other' | undefined
  readonly usage: TokenUsage | undefined
}

/** Throws `upstream_failed` when it is not what the extension says, or an error. */
export function readWritten(value: unknown): Written {
  if (!isJsonObject(value)) throw failed('what it wrote is not a JSON object')
  const { error, text_output: text, reasoning_output: reasoning = '', finish_reason: reason, usage } = value
  if (error !== undefined) throw failed(`it broke off: ${String(error).slice(0, wordsMax)}`)
  if (typeof text !== 'string' || typeof reasoning !== 'string') throw failed('it wrote no "text_output"')
  return { text, reasoning, finishReason: reason === undefined ? undefined : finish(reason), usage: readUsage(usage) }
}

const wordsMax = 500

/** By task: the canonical output, and the chunks of a piece. */
export interface Form {
  output(written: Written): unknown
  chunks(written: Written): readonly unknown[]
}

export const chatForm: Form = {
  output({ text, reasoning, finishReason = 'other' }): ChatAnswer {
    const thought = reasoning === '' ? [] : [{ type: 'reasoning', text: reasoning } as const]
    return { choices: [{ content: [...thought, { type: 'text', text }], finishReason }] }
  },
  chunks({ text, reasoning, finishReason }) {
    const chunks: ChatChunk[] = []
    if (reasoning !== '') chunks.push({ type: 'reasoning-delta', choice: 0, text: reasoning })
    if (text !== '') chunks.push({ type: 'text-delta', choice: 0, text })
    if (finishReason) chunks.push({ type: 'choice-end', choice: 0, finishReason })
    return chunks
  },
}

export const completionForm: Form = {
  output: ({ text, finishReason = 'other' }) => ({ text, finishReason }),
  chunks({ text, finishReason }) {
    if (finishReason) return [{ text, finishReason }]
    return text === '' ? [] : [{ text }]
  },
}

function finish(reason: unknown): 'stop' | 'length' | 'other' {
  return reason === 'stop' || reason === 'length' ? reason : 'other'
}

function readUsage(usage: unknown): TokenUsage | undefined {
  if (!isJsonObject(usage)) return undefined
  const [inputTokens, outputTokens] = [readCount(usage.input_tokens), readCount(usage.output_tokens)]
  return inputTokens === undefined || outputTokens === undefined ? undefined : { inputTokens, outputTokens }
}

function failed(reason: string): AstraError {
  return new AstraError('upstream_failed', { reason })
}
