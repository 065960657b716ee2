import type { Dialect } from '../kernel/wire.ts'
import type { JsonObject, RequestWish } from './dialect.ts'

interface OutputLimit {
  /** What is set where a request names none of them. Left out: an answer has no output tokens. */
  readonly own?: string
  /** All that bound an answer, where they are given. */
  readonly fields: readonly string[]
  /** Fields that say how many answers are made for one input. */
  readonly times: readonly string[]
}

const none: OutputLimit = { fields: [], times: [] }

/** What each dialect calls the most tokens of an answer. */
const outputLimits: Readonly<Record<Dialect, OutputLimit>> = {
  'openai-chat': {
    own: 'max_completion_tokens',
    // The last is llama.cpp's, and goes before the others there.
    fields: ['max_completion_tokens', 'max_tokens', 'n_predict'],
    times: ['n'],
  },
  'openai-responses': { own: 'max_output_tokens', fields: ['max_output_tokens'], times: [] },
  'openai-completions': { own: 'max_tokens', fields: ['max_tokens', 'n_predict'], times: ['n', 'best_of'] },
  'openai-embeddings': none,
  'openai-moderations': none,
  'anthropic-messages': { own: 'max_tokens', fields: ['max_tokens'], times: [] },
  'anthropic-count-tokens': none,
}

/** The most tokens that a request asks for in an answer; undefined where it does not say. */
export function outputTokensIn(dialect: Dialect, body: JsonObject): number | undefined {
  return mostIn(body, outputLimits[dialect].fields)
}

/** How many answers a request asks for to one input. */
export function answersIn(dialect: Dialect, body: JsonObject): number {
  return mostIn(body, outputLimits[dialect].times) ?? 1
}

/**
 * The members, as JSON texts, that hold an upstream answer to the wish's `outputTokensMax`: none where the request asks for no more. A
 * value that is no count is replaced, as -1 means "without bound" to some.
 */
export function outputLimitMembers(
  dialect: Dialect,
  body: JsonObject,
  { outputTokensMax, outputLimitField }: RequestWish,
): Readonly<Record<string, string>> {
  const { own, fields } = outputLimits[dialect]
  if (outputTokensMax === undefined || own === undefined) return {}
  const name = dialect === 'openai-chat' ? (outputLimitField ?? own) : own
  const members: Record<string, string> = {}
  for (const field of fields) {
    const value = body[field]
    if (value !== undefined && value !== null && !fits(value, outputTokensMax)) members[field] = String(outputTokensMax)
  }
  const held = (honoured[name] ?? [name]).some((field) => body[field] !== undefined && body[field] !== null)
  if (!held) members[name] = String(Math.min(outputTokensIn(dialect, body) ?? outputTokensMax, outputTokensMax))
  return members
}

/** OpenAI takes the older word as well, and refuses both together; servers that are asked by the older one may pass over the newer. */
const honoured: Readonly<Record<string, readonly string[]>> = {
  max_completion_tokens: ['max_completion_tokens', 'max_tokens'],
}

function mostIn(body: JsonObject, fields: readonly string[]): number | undefined {
  let most: number | undefined
  for (const field of fields) {
    const value = body[field]
    if (isLimit(value) && (most === undefined || value > most)) most = value
  }
  return most
}

function isLimit(value: unknown): value is number {
  return typeof value === 'number' && value >= 1
}

function fits(value: unknown, max: number): boolean {
  return isLimit(value) && value <= max
}
