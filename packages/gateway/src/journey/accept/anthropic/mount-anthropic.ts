import type { FastifyInstance } from 'fastify'
import type { JsonObject } from '../../../dialects/dialect.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { Dialect } from '../../../kernel/wire.ts'
import { mountCalls, mountRefused, type RefusedPath } from '../wire/mount-routes.ts'
import type { BodyOptions, WireDoor } from '../wire/wire-door.ts'
import { messagesWords } from './own-words.ts'

export const anthropicDialects: readonly Dialect[] = ['anthropic-messages', 'anthropic-count-tokens']

const noJobs = 'Send the messages one by one.'

/** At every prefix; those whose names other doors share stand at this door's own alone. */
const refused: readonly RefusedPath[] = [
  { path: '/messages/batches', next: noJobs },
  { path: '/messages/batches/*', next: noJobs },
]
const refusedAtOwnPrefix: readonly RefusedPath[] = [
  { path: '/complete', next: 'Send it as a message to POST messages.' },
  { path: '/files', next: 'Send the file inside the message, base64-encoded.' },
  { path: '/files/*', next: 'Send the file inside the message, base64-encoded.' },
  { path: '/skills', next: 'Call the vendor for it.' },
  { path: '/skills/*', next: 'Call the vendor for it.' },
  { path: '/organizations/*', next: 'Call the vendor for it.' },
]

/** Anthropic's API below `prefix`, its models left out: another door may share their path, and then `shared` is true. */
export function mountAnthropic(http: FastifyInstance, prefix: string, door: WireDoor, shared: boolean): void {
  const here = async ({ system, messages, tools }: JsonObject) => ({
    inputTokens: await door.countTokens([system, messages, tools]),
  })
  const { codecs } = door
  const words = messagesWords
  mountCalls(http, prefix, door, [
    { door: 'anthropic', codec: codecs['anthropic-messages'], optionsIn, words },
    { door: 'anthropic', codec: codecs['anthropic-count-tokens'], optionsIn, words, here },
  ])
  mountRefused(http, prefix, shared ? refused : [...refused, ...refusedAtOwnPrefix])
}

function optionsIn({ metadata }: JsonObject): BodyOptions {
  return isJsonObject(metadata) ? { unit: metadata.user_id } : {}
}
