import { AstraError, type Violation } from '../../../kernel/errors.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { JsonObject } from '../../dialect.ts'
import { isGiven, refuseStored, type StoredObject, type StoredObjects } from '../../stored-objects.ts'

type Rule = readonly [member: string, fits: (value: unknown) => boolean, message: string]

const messagesRule: Rule = [
  'messages',
  (value) => Array.isArray(value) && value.length > 0,
  'must be a list of at least one message',
]
const tokensRule: Rule = [
  'max_tokens',
  // 0 is documented: it fills Anthropic's prompt cache.
  (value) => Number.isInteger(value) && Number(value) >= 0,
  'must be a positive integer',
]
const streamRule: Rule = [
  'stream',
  (value) => value === undefined || typeof value === 'boolean',
  'must be true or false',
]

export function checkRequest(body: JsonObject): { readonly items: number; readonly stream: boolean } {
  hold(body, [messagesRule, tokensRule, streamRule])
  holdNothingStored(body)
  return { items: 1, stream: body.stream === true }
}

/** Counting takes the same request, without what only an answer needs. */
export function checkCount(body: JsonObject): { readonly items: number; readonly stream: boolean } {
  hold(body, [messagesRule])
  holdNothingStored(body)
  return { items: 1, stream: false }
}

function hold(body: JsonObject, rules: readonly Rule[]): void {
  const violations: readonly Violation[] = rules
    .filter(([member, fits]) => !fits(body[member]))
    .map(([member, , message]) => ({ path: `/${member}`, message }))
  if (violations.length === 0) return
  const detail = violations.map(({ path, message }) => `${path.slice(1)}: ${message}`).join('; ')
  throw new AstraError('invalid_input', { detail, violations })
}

function holdNothingStored(body: JsonObject): void {
  refuseStored(body, '', storedRequest)
  for (const [at, message] of listIn(body.messages).entries()) {
    if (isJsonObject(message)) holdBlocks(message.content, `/messages/${at}/content`)
  }
}

/** Files stand in the blocks of a turn, and in those of a tool's result within. */
function holdBlocks(content: unknown, path: string): void {
  for (const [at, block] of listIn(content).entries()) {
    if (!isJsonObject(block)) continue
    refuseStored(block, `${path}/${at}`, storedBlock)
    if (isJsonObject(block.source)) {
      refuseStored(block.source, `${path}/${at}/source`, storedSource)
      holdBlocks(block.source.content, `${path}/${at}/source/content`)
    }
    if (block.type === 'tool_result') holdBlocks(block.content, `${path}/${at}/content`)
  }
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** It names one of an earlier call, or skills that are stored. Without it, a tool that runs code gets one of its own. */
const storedRequest: StoredObjects = {
  container: { isMeant: isGiven, detail: 'Containers are not kept here', next: 'Leave "container" out.' },
}

const file: StoredObject = {
  isMeant: isGiven,
  detail: 'Files are not stored here',
  next: 'Send the file itself: "source" of type "base64", "text" or "url".',
}

const storedSource: StoredObjects = { file_id: file }

/** Results of the vendor's own tools name files that they made: those are quoted, and reach nothing. */
const storedBlock: StoredObjects = {
  file_id: { ...file, isMeant: (id, { type }) => isGiven(id) && type === 'container_upload' },
}
