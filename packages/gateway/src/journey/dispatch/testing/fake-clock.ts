import type { Clock } from '../../../kernel/clock.ts'

export interface FakeClock extends Clock {
  advance(ms: number): void
  /** Things that happen later, in the order of their time. */
  after(ms: number, happen: () => void): void
  /** Lets time pass until then, with whatever happens by then and what follows from it. */
  runTo(ms: number): Promise<void>
}

/** Time that passes only when it is told to. `elapsed` begins at 0, `now` at 1,000,000. */
export function fakeClock(): FakeClock {
  let time = 0
  let later: { at: number; happen: () => void }[] = []
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
  return {
    now: () => 1_000_000 + time,
    elapsed: () => time,
    id: () => 'unused',
    advance(ms) {
      time += ms
    },
    after: (ms, happen) => void later.push({ at: time + ms, happen }),
    async runTo(end) {
      await settled()
      for (;;) {
        const at = later.reduce((soonest, one) => Math.min(soonest, one.at), Number.POSITIVE_INFINITY)
        if (at > end) break
        time = at
        const due = later.filter((one) => one.at === at)
        later = later.filter((one) => one.at !== at)
        for (const { happen } of due) happen()
        await settled()
      }
      time = end
    },
  }
}
