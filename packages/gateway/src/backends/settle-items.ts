import type { Item } from '../kernel/answer.ts'
import type { AstraError } from '../kernel/errors.ts'

/**
 * A call of which nothing came back failed as a whole: throws, so that dispatch may try another replica. That is
 * `upstream_unavailable` only when it is every item's error, since one that may have run must not run again unasked.
 */
export function settleItems(items: readonly Item[]): readonly Item[] {
  let worst: AstraError | undefined
  for (const item of items) {
    if (!('error' in item) || !upstreamCodes.has(item.error.code)) return items
    if (worst === undefined || item.error.code === 'upstream_failed') worst = item.error
  }
  if (worst) throw worst
  return items
}

const upstreamCodes: ReadonlySet<AstraError['code']> = new Set(['upstream_unavailable', 'upstream_failed'])
