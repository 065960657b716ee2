import type { TokenLogprob } from '../../../kernel/chat.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { JsonObject } from '../../dialect.ts'

/** Undefined where there are none; a token out of form is passed over. */
export function readLogprobs(value: unknown): readonly TokenLogprob[] | undefined {
  if (!isJsonObject(value) || !Array.isArray(value.content)) return undefined
  return value.content.flatMap((entry: unknown) => {
    const [own] = readToken(entry)
    if (own === undefined || !isJsonObject(entry)) return []
    const top = Array.isArray(entry.top_logprobs) ? entry.top_logprobs.flatMap(readToken) : []
    return [{ ...own, top }]
  })
}

function readToken(entry: unknown): { readonly token: string; readonly logprob: number }[] {
  if (!isJsonObject(entry)) return []
  const { token, logprob } = entry
  return typeof token === 'string' && typeof logprob === 'number' ? [{ token, logprob }] : []
}

/** The protocol allows `bytes` to be unknown, and clients read `token`. */
export function writeLogprobs(logprobs: readonly TokenLogprob[] | undefined): JsonObject | null {
  if (logprobs === undefined) return null
  const content = logprobs.map(({ token, logprob, top }) => ({
    token,
    logprob,
    bytes: null,
    top_logprobs: top.map((likely) => ({ ...likely, bytes: null })),
  }))
  return { content, refusal: null }
}
