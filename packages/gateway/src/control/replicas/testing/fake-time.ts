import type { Later } from '../later.ts'

/** Time that a test moves by hand: what is due runs in its order, and what follows from it is settled before time goes on. */
export interface FakeTime {
  readonly clock: { elapsed(): number }
  readonly later: Later
  /** Timers that wait. */
  readonly waiting: number
  advance(ms: number): Promise<void>
  /** Lets everything run that needs no time. */
  settle(): Promise<void>
}

export function fakeTime(): FakeTime {
  const timers = new Set<{ readonly at: number; readonly run: () => void }>()
  let now = 0
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  return {
    clock: { elapsed: () => now },
    later(ms, run) {
      const timer = { at: now + ms, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    get waiting() {
      return timers.size
    },
    async advance(ms) {
      const end = now + ms
      for (;;) {
        await settle()
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
        if (!next) break
        timers.delete(next)
        now = Math.max(now, next.at)
        next.run()
      }
      now = end
    },
    settle,
  }
}
