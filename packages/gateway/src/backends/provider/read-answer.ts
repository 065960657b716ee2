import type {
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider'
import { given } from '../../dialects/json.ts'
import { readCount } from '../../dialects/read-count.ts'
import type { TokenUsage } from '../../kernel/answer.ts'
import type { ChatAnswer, FinishReason, ToolCallPart } from '../../kernel/chat.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { Proof, Provider } from './providers.ts'

type AnswerPart = ChatAnswer['choices'][number]['content'][number]

export function readAnswer({ content, finishReason }: LanguageModelV4GenerateResult, provider: Provider): ChatAnswer {
  const parts = content.flatMap((part) => readPart(part, provider))
  return { choices: [{ content: parts, finishReason: readFinishReason(finishReason) }] }
}

/** Sources are passed over: they are beside the answer. */
function readPart(part: LanguageModelV4Content, provider: Provider): readonly AnswerPart[] {
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: part.text }]
    case 'reasoning':
      return [{ type: 'reasoning', text: part.text, ...readProof(part.providerMetadata, provider) }]
    case 'tool-call': {
      const { toolCallId: id, toolName: tool, input, providerMetadata } = part
      return [{ type: 'tool-call', id, tool, arguments: input, ...readCallProof(providerMetadata, provider) }]
    }
    case 'file':
    case 'reasoning-file':
      throw fileAnswer()
    default:
      return []
  }
}

export function fileAnswer(): AstraError {
  return new AstraError('upstream_failed', { reason: 'the model answered with a file, for which a chat has no place' })
}

export function readProof(metadata: SharedV4ProviderMetadata | undefined, { proof }: Provider): Partial<Proof> {
  const given = metadata?.[proof?.vendor ?? '']
  const entries = Object.entries(proof?.fields ?? {}).map(([name, field]) => [name, given?.[field]])
  return Object.fromEntries(entries.filter(([, value]) => typeof value === 'string'))
}

/** What a tool call was signed with. */
export function readCallProof(
  metadata: SharedV4ProviderMetadata | undefined,
  { proof, callProof = '' }: Provider,
): Pick<ToolCallPart, 'signature'> {
  const signature = metadata?.[proof?.vendor ?? '']?.[callProof]
  return typeof signature === 'string' && signature !== '' ? { signature } : {}
}

/** Throws where the vendor says that the model failed. */
export function readFinishReason({ unified, raw }: LanguageModelV4FinishReason): FinishReason {
  if (unified === 'error')
    throw new AstraError('upstream_failed', { reason: `the model ended with ${raw ?? 'an error'}` })
  return finishReasons[unified] ?? 'other'
}

const finishReasons: Readonly<Partial<Record<LanguageModelV4FinishReason['unified'], FinishReason>>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool-calls',
  'content-filter': 'refusal',
}

/** Undefined where upstream told nothing; some packages say 0 then. */
export function readUsage({ inputTokens, outputTokens }: LanguageModelV4Usage): TokenUsage | undefined {
  const [input, output] = [readCount(inputTokens.total), readCount(outputTokens.total)]
  if (!input && !output) return undefined
  return given({
    inputTokens: input,
    outputTokens: output,
    cachedInputTokens: readCount(inputTokens.cacheRead) || undefined,
    cacheWriteInputTokens: readCount(inputTokens.cacheWrite) || undefined,
    reasoningTokens: readCount(outputTokens.reasoning) || undefined,
  })
}
