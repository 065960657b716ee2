/** Lets a bounded number of jobs run at once; the others wait their turn, first come, first served. */
export interface Lane {
  run<T>(job: () => Promise<T>): Promise<T>
}

export function createLane(width: number): Lane {
  const waiting: (() => void)[] = []
  let running = 0

  async function turn(): Promise<void> {
    if (running >= width) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
  }

  /** Hands the place on to the next in line, or gives it back. */
  function leave(): void {
    const next = waiting.shift()
    if (next === undefined) running -= 1
    else next()
  }

  return {
    async run(job) {
      await turn()
      try {
        return await job()
      } finally {
        leave()
      }
    },
  }
}
