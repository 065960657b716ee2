import type { LanguageModelV4StreamPart, LanguageModelV4ToolCall, SharedV4ProviderMetadata } from '@ai-sdk/provider'
import type { BackendEvent } from '../../kernel/backend.ts'
import type { ChatChunk } from '../../kernel/chat.ts'
import { AstraError } from '../../kernel/errors.ts'
import { isJsonObject } from '../../kernel/schema/facets.ts'
import type { Opened } from './open-models.ts'
import type { Proof } from './providers.ts'
import { fileAnswer, readCallProof, readFinishReason, readProof, readUsage } from './read-answer.ts'
import { holdWarnings } from './refusal.ts'

export interface PartReader {
  /** Throws at what breaks the answer off; an error part as the package gives it. */
  read(part: LanguageModelV4StreamPart): readonly BackendEvent[]
  /** The stream is over: throws where the answer is not. */
  end(): void
}

/** Reads one stream of the AI SDK's parts. */
export function createPartReader({ provider, upstream }: Opened): PartReader {
  const choice = 0
  const toolCalls = new Set<string>()
  let proof: Partial<Proof> = {}
  let ended = false

  function chunksOf(part: LanguageModelV4StreamPart): readonly ChatChunk[] {
    switch (part.type) {
      case 'text-delta':
        return part.delta === '' ? [] : [{ type: 'text-delta', choice, text: part.delta }]
      case 'reasoning-start':
        proof = readProof(part.providerMetadata, provider)
        return []
      case 'reasoning-delta':
        proof = { ...proof, ...readProof(part.providerMetadata, provider) }
        return part.delta === '' ? [] : [{ type: 'reasoning-delta', choice, text: part.delta }]
      case 'reasoning-end':
        return [{ type: 'reasoning-end', choice, ...proof, ...readProof(part.providerMetadata, provider) }]
      case 'tool-input-start':
        toolCalls.add(part.id)
        return [startCall(part.id, part.toolName, part.providerMetadata)]
      case 'tool-input-delta':
        return part.delta === '' ? [] : [{ type: 'tool-call-delta', choice, id: part.id, arguments: part.delta }]
      case 'tool-call':
        return toolCalls.has(part.toolCallId) ? [] : wholeToolCall(part)
      default:
        return []
    }
  }

  function startCall(id: string, tool: string, metadata: SharedV4ProviderMetadata | undefined): ChatChunk {
    return { type: 'tool-call-start', choice, id, tool, ...readCallProof(metadata, provider) }
  }

  function wholeToolCall({ toolCallId: id, toolName, input, providerMetadata }: LanguageModelV4ToolCall): ChatChunk[] {
    return [startCall(id, toolName, providerMetadata), { type: 'tool-call-delta', choice, id, arguments: input }]
  }

  function finish(part: Extract<LanguageModelV4StreamPart, { type: 'finish' }>): readonly BackendEvent[] {
    // The packages make this part themselves: without upstream's own word for the end, upstream did not end the answer.
    if (part.finishReason.raw === undefined && part.finishReason.unified !== 'error') return []
    const chunk: ChatChunk = { type: 'choice-end', choice, finishReason: readFinishReason(part.finishReason) }
    ended = true
    const usage = readUsage(part.usage)
    return [{ type: 'chunk', chunk }, ...(usage ? [{ type: 'usage', usage } as const] : [])]
  }

  return {
    read(part) {
      if (part.type === 'error') throw part.error
      // Some packages pass over an error that they do not expect in the midst of a stream.
      if (part.type === 'raw' && isJsonObject(part.rawValue) && part.rawValue.error) throw part.rawValue
      if (part.type === 'file' || part.type === 'reasoning-file') throw fileAnswer()
      if (part.type === 'stream-start') holdWarnings(part.warnings, upstream, provider.harmless)
      if (part.type === 'finish') return finish(part)
      return chunksOf(part).map((chunk) => ({ type: 'chunk', chunk }))
    },
    end() {
      if (!ended) throw new AstraError('upstream_failed', { reason: 'the stream ended without its terminal event' })
    },
  }
}
