import type { LimitStatus } from '../../../kernel/limits.ts'
import type { HeaderList } from '../header-list.ts'
import { tightestOf } from '../limit-headers.ts'

/** Their names written out: a name put together for each answer V8 has to look up among all that it knows. */
const told = [
  {
    kind: 'requests',
    limit: 'x-ratelimit-limit-requests',
    remaining: 'x-ratelimit-remaining-requests',
    reset: 'x-ratelimit-reset-requests',
  },
  {
    kind: 'tokens',
    limit: 'x-ratelimit-limit-tokens',
    remaining: 'x-ratelimit-remaining-tokens',
    reset: 'x-ratelimit-reset-tokens',
  },
] as const

/** As https://platform.openai.com/docs/guides/rate-limits has them, whose clients and frameworks read them. */
export function openaiLimits(headers: HeaderList, limits: readonly LimitStatus[]): void {
  for (const { kind, limit, remaining, reset } of told) {
    const found = tightestOf(kind, limits)
    if (!found) continue
    headers.push(limit, String(Math.floor(found.limit)))
    headers.push(remaining, String(Math.floor(found.remaining)), reset, durationText(found.resetMs))
  }
}

/** As Go writes a duration: "120ms", "1s", "6m0s", "1h0m0s". */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.ceil(ms)}ms`
  const seconds = Math.ceil(ms / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  if (hours > 0) return `${hours}h${minutes}m${seconds % 60}s`
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`
}
