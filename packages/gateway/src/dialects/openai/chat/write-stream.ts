import type { ChatChunk } from '../../../kernel/chat.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { AnswerFacts, JsonObject, StreamWriter } from '../../dialect.ts'
import { writeFinishReason } from './finish-reason.ts'
import { writeLogprobs } from './logprobs.ts'
import { writeProof } from './tool-call-proof.ts'
import { writeUsage } from './usage.ts'

/** Canonical chunks as OpenAI's chat completion chunks. */
export function writeChatStream(facts: Omit<AnswerFacts, 'usage'>): StreamWriter {
  const envelope = chunkEnvelope(facts, { id: `chatcmpl-${facts.callId}`, object: 'chat.completion.chunk' })
  const begun = new Set<number>()
  const places = new ToolPlaces()

  function write(choice: number, delta: JsonObject, finish: string | null = null, logprobs: unknown = null): string {
    const said = begun.has(choice) ? delta : { role: 'assistant', ...delta }
    begun.add(choice)
    return envelope.around(JSON.stringify({ index: choice, delta: said, logprobs, finish_reason: finish }))
  }

  return {
    start: () => write(0, { content: '' }),
    chunk(value) {
      const chunk = value as ChatChunk
      const { choice } = chunk
      switch (chunk.type) {
        case 'text-delta':
          return write(choice, { content: chunk.text }, null, writeLogprobs(chunk.logprobs))
        case 'reasoning-delta':
          return write(choice, { reasoning_content: chunk.text })
        case 'reasoning-end':
          return ''
        case 'tool-call-start':
          return write(choice, { tool_calls: [toolCallStart(places.next(choice, chunk.id), chunk)] })
        case 'tool-call-delta': {
          const index = places.of(choice, chunk.id)
          return write(choice, { tool_calls: [{ index, function: { arguments: chunk.arguments } }] })
        }
        case 'choice-end':
          return write(choice, {}, writeFinishReason(chunk.finishReason))
      }
    },
    end: envelope.end,
  }
}

type ToolCallStart = Extract<ChatChunk, { type: 'tool-call-start' }>

function toolCallStart(index: number, { id, tool, signature }: ToolCallStart): JsonObject {
  return { index, id, type: 'function', function: { name: tool, arguments: '' }, ...writeProof(signature) }
}

/** Tool calls are told apart by their place in the choice. */
class ToolPlaces {
  readonly #places = new Map<number, Map<string, number>>()

  next(choice: number, id: string): number {
    const places = this.#places.get(choice) ?? new Map<string, number>()
    this.#places.set(choice, places.set(id, places.size))
    return places.size - 1
  }

  of(choice: number, id: string): number {
    return this.#places.get(choice)?.get(id) ?? 0
  }
}

export interface ChunkEnvelope {
  /** One event around a choice's JSON. */
  around(choice: string): string
  readonly end: StreamWriter['end']
}

/** What is the same in every event of a stream, written once. */
export function chunkEnvelope(
  { created, model, request }: Omit<AnswerFacts, 'usage'>,
  head: { readonly id: string; readonly object: string },
): ChunkEnvelope {
  const tellsUsage = isJsonObject(request.stream_options) && request.stream_options.include_usage === true
  const before = `data: ${JSON.stringify({ ...head, created, model }).slice(0, -1)},"choices":[`
  const after = tellsUsage ? '],"usage":null}\n\n' : ']}\n\n'
  return {
    around: (choice) => before + choice + after,
    end(told) {
      const usage = tellsUsage ? writeUsage(told) : undefined
      return `${usage ? `${before}],"usage":${JSON.stringify(usage)}}\n\n` : ''}${streamEnd}`
    },
  }
}

export const streamEnd = 'data: [DONE]\n\n'
