import type { Dialect } from '../kernel/wire.ts'
import { anthropicCountTokens } from './anthropic/count-tokens.ts'
import { anthropicMessages } from './anthropic/messages.ts'
import type { DialectCodec } from './dialect.ts'
import { openaiChat } from './openai/chat.ts'
import { openaiCompletions } from './openai/completions.ts'
import { openaiEmbeddings } from './openai/embeddings.ts'
import { openaiModerations } from './openai/moderations.ts'
import { openaiResponses } from './openai/responses.ts'

/** Every dialect: a new one is a folder and a line here. */
export const dialects: Readonly<Record<Dialect, DialectCodec>> = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'openai-completions': openaiCompletions,
  'openai-embeddings': openaiEmbeddings,
  'openai-moderations': openaiModerations,
  'anthropic-messages': anthropicMessages,
  'anthropic-count-tokens': anthropicCountTokens,
}
