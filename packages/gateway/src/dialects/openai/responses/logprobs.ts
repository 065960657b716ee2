import type { TokenLogprob } from '../../../kernel/chat.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { JsonObject } from '../../dialect.ts'

interface Likely {
  readonly token: string
  readonly logprob: number
}

export function writeLogprobs(logprobs: readonly TokenLogprob[]): readonly JsonObject[] {
  return logprobs.map(({ top, ...chosen }) => ({ ...written(chosen), top_logprobs: top.map(written) }))
}

/** Undefined where upstream tells none; a list of none is what it writes where none were asked for. */
export function readLogprobs(logprobs: unknown): readonly TokenLogprob[] | undefined {
  if (!Array.isArray(logprobs) || logprobs.length === 0) return undefined
  return logprobs.filter(isJsonObject).flatMap((entry) => {
    const top = Array.isArray(entry.top_logprobs) ? entry.top_logprobs.filter(isJsonObject).flatMap(likely) : []
    return likely(entry).map((chosen) => ({ ...chosen, top }))
  })
}

function written({ token, logprob }: Likely): JsonObject {
  return { token, logprob, bytes: [...Buffer.from(token)] }
}

function likely({ token, logprob }: JsonObject): readonly Likely[] {
  return typeof token === 'string' && typeof logprob === 'number' ? [{ token, logprob }] : []
}
