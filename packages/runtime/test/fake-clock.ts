import type { Clock } from '../src/clock.ts'

/** Time that stands still until it is told to pass. */
export interface FakeClock extends Clock {
  /** Runs what is due in so many milliseconds, in order, each at its own time, and lets promises settle in between. */
  pass(ms: number): Promise<void>
}

export function createFakeClock(): FakeClock {
  const timers = new Set<{ readonly at: number; readonly job: () => void }>()
  let time = 1000
  return {
    now: () => time,
    after(ms, job) {
      const timer = { at: time + Math.max(ms, 0), job }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    async pass(ms) {
      const end = time + ms
      for (;;) {
        await settle()
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
        if (next === undefined) break
        timers.delete(next)
        time = Math.max(time, next.at)
        next.job()
      }
      time = end
      await settle()
    },
  }
}

/** Every promise that can settle has done so after a turn of the event loop. */
async function settle(): Promise<void> {
  await new Promise(setImmediate)
}
