import { AstraError, type Violation } from '../../../kernel/errors.ts'
import type { JsonObject } from '../../dialect.ts'

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
  return { items: 1, stream: body.stream === true }
}

/** Counting takes the same request, without what only an answer needs. */
export function checkCount(body: JsonObject): { readonly items: number; readonly stream: boolean } {
  hold(body, [messagesRule])
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
