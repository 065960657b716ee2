import type { FastifyInstance } from 'fastify'
import type { JsonObject } from '../../../dialects/dialect.ts'
import type { Dialect } from '../../../kernel/wire.ts'
import { mountCalls, mountRefused } from '../wire/mount-routes.ts'
import type { OwnWords } from '../wire/own-words.ts'
import type { BodyOptions, WireDoor } from '../wire/wire-door.ts'
import { chatWords, completionsWords, responsesWords } from './own-words.ts'
import { openaiRefusedPaths } from './refused-paths.ts'

export const openaiDialects: readonly Dialect[] = [
  'openai-chat',
  'openai-responses',
  'openai-completions',
  'openai-embeddings',
  'openai-moderations',
]

const words: Readonly<Partial<Record<Dialect, OwnWords>>> = {
  'openai-chat': chatWords,
  'openai-responses': responsesWords,
  'openai-completions': completionsWords,
}

/** OpenAI's API below `prefix`, its models left out: another door may share their path. */
export function mountOpenai(http: FastifyInstance, prefix: string, door: WireDoor): void {
  const routes = openaiDialects.map(
    (dialect) => ({ door: 'openai', codec: door.codecs[dialect], optionsIn, words: words[dialect] ?? {} }) as const,
  )
  mountCalls(http, prefix, door, routes)
  mountRefused(http, prefix, openaiRefusedPaths)
}

/** `user` is the older name of `safety_identifier`. */
function optionsIn({ safety_identifier, user, metadata }: JsonObject): BodyOptions {
  return { unit: safety_identifier ?? user, tags: metadata }
}
