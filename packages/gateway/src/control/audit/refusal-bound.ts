import type { Clock } from '../../kernel/clock.ts'

const perMinuteMax = 60
const minuteMs = 60_000

/**
 * Any key may try any change: without a bound one that may do nothing could fill the disk with refusals. So many of each key are
 * kept in a minute; keys are few, and those of the minute before are forgotten.
 */
export function createRefusalBound(clock: Pick<Clock, 'now'>) {
  let minute = 0
  const counts = new Map<string, number>()
  return {
    admits(keyId: string): boolean {
      const now = Math.floor(clock.now() / minuteMs)
      if (now !== minute) {
        minute = now
        counts.clear()
      }
      const count = (counts.get(keyId) ?? 0) + 1
      counts.set(keyId, count)
      return count <= perMinuteMax
    },
  }
}
