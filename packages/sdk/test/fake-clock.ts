import type { Clock } from '../src/clock.ts'

/** Long timers are time limits; short ones are waits. */
const limitMsMin = 20_000

export interface FakeClock extends Clock {
  /** The waits so far, ms. */
  readonly waits: readonly number[]
  /** Lets the time limits run out. */
  expire(): void
}

/** Waits are over at once, and time passes by them alone. Time limits hold until `expire`. */
export function createFakeClock(onWait: (run: () => void) => void = queueMicrotask): FakeClock {
  const waits: number[] = []
  const limits = new Set<() => void>()
  let now = 0
  return {
    waits,
    now: () => now,
    timer(ms, run) {
      if (ms >= limitMsMin) {
        limits.add(run)
        return () => limits.delete(run)
      }
      waits.push(ms)
      onWait(() => {
        now += ms
        run()
      })
      return () => {}
    },
    expire() {
      for (const run of [...limits]) run()
    },
  }
}
