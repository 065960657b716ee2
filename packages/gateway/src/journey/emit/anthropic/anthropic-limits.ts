import type { LimitStatus } from '../../../kernel/limits.ts'
import type { HeaderList } from '../header-list.ts'
import { tightestOf } from '../limit-headers.ts'

/** Names written out, as at OpenAI's door. */
const told = [
  {
    kind: 'requests',
    limit: 'anthropic-ratelimit-requests-limit',
    remaining: 'anthropic-ratelimit-requests-remaining',
    reset: 'anthropic-ratelimit-requests-reset',
  },
  {
    kind: 'tokens',
    limit: 'anthropic-ratelimit-tokens-limit',
    remaining: 'anthropic-ratelimit-tokens-remaining',
    reset: 'anthropic-ratelimit-tokens-reset',
  },
] as const

/** As https://platform.claude.com/docs/en/api/rate-limits has them; `now`: ms since the Unix epoch. */
export function anthropicLimits(headers: HeaderList, limits: readonly LimitStatus[], now: number): void {
  for (const { kind, limit, remaining, reset } of told) {
    const found = tightestOf(kind, limits)
    if (!found) continue
    headers.push(limit, String(Math.floor(found.limit)))
    headers.push(remaining, String(Math.floor(found.remaining)), reset, timeText(now + found.resetMs))
  }
}

/** RFC 3339, to the second that is not too early. */
function timeText(ms: number): string {
  return `${new Date(Math.ceil(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`
}
