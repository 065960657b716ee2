import type { LimitStatus } from '../../../kernel/limits.ts'
import { tightestOf } from '../limit-headers.ts'

const kinds = ['requests', 'tokens'] as const

/** As https://platform.openai.com/docs/guides/rate-limits has them, whose clients and frameworks read them. */
export function openaiLimits(limits: readonly LimitStatus[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const kind of kinds) {
    const found = tightestOf(kind, limits)
    if (!found) continue
    headers[`x-ratelimit-limit-${kind}`] = String(Math.floor(found.limit))
    headers[`x-ratelimit-remaining-${kind}`] = String(Math.floor(found.remaining))
    headers[`x-ratelimit-reset-${kind}`] = durationText(found.resetMs)
  }
  return headers
}

/** As Go writes a duration: "120ms", "1s", "6m0s", "1h0m0s". */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.ceil(ms)}ms`
  const seconds = Math.ceil(ms / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  if (hours > 0) return `${hours}h${minutes}m${seconds % 60}s`
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`
}
