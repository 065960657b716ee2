import type { Clock } from './clock.ts'

const leapMs = 3_600_000
/** A leap that nobody took back for so long was none: the machine slept, or its clock was set right. */
const believedAfterMs = 86_400_000

/**
 * Whether wall time may be believed by what deletes for good what is old: not within a day after it leapt by more than an hour against
 * elapsed time, forward or back. Leaps before this was made are not seen.
 */
export function steadyTime(clock: Pick<Clock, 'now' | 'elapsed'>): () => boolean {
  const began = () => clock.now() - clock.elapsed()
  let believed = began()
  let leap: { readonly began: number; readonly at: number } | undefined
  const near = (a: number, b: number) => Math.abs(a - b) <= leapMs
  return () => {
    const seen = began()
    if (near(seen, believed)) {
      leap = undefined
      return true
    }
    const at = clock.elapsed()
    if (!leap || !near(seen, leap.began)) leap = { began: seen, at }
    if (at - leap.at < believedAfterMs) return false
    believed = seen
    leap = undefined
    return true
  }
}
