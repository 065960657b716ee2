import type { Item } from '../kernel/answer.ts'
import type { AstraError } from '../kernel/errors.ts'

/**
 * A call of which nothing came back failed as a whole: throws, so that dispatch may try another replica. Of several errors
 * the one that allows the least speaks for all, since an item that may have run must not run again unasked.
 */
export function settleItems(items: readonly Item[]): readonly Item[] {
  let worst: AstraError | undefined
  for (const item of items) {
    if (!('error' in item) || rank(item.error) === 0) return items
    if (worst === undefined || rank(item.error) > rank(worst)) worst = item.error
  }
  if (worst) throw worst
  return items
}

/** 0: an answer of its own. Then: busy, surely not run, refused before any work, broke off unanswered, may well have run. */
function rank({ code, facts }: AstraError): number {
  if (code === 'upstream_unavailable') return facts.retryAfterMs === undefined ? 2 : 1
  if (code !== 'upstream_failed') return 0
  if (facts.unspent) return 3
  return facts.unanswered ? 4 : 5
}
