import type { LimitStatus } from '../../../kernel/limits.ts'
import { tightestOf } from '../limit-headers.ts'

const kinds = ['requests', 'tokens'] as const

/** As https://platform.claude.com/docs/en/api/rate-limits has them; `now`: ms since the Unix epoch. */
export function anthropicLimits(limits: readonly LimitStatus[], now: number): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const kind of kinds) {
    const found = tightestOf(kind, limits)
    if (!found) continue
    const name = `anthropic-ratelimit-${kind}`
    headers[`${name}-limit`] = String(Math.floor(found.limit))
    headers[`${name}-remaining`] = String(Math.floor(found.remaining))
    headers[`${name}-reset`] = timeText(now + found.resetMs)
  }
  return headers
}

/** RFC 3339, to the second that is not too early. */
function timeText(ms: number): string {
  return `${new Date(Math.ceil(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`
}
