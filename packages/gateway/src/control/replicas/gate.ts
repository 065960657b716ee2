/** Lets a bounded number of pieces of work run at once; the others wait in turn. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>

export function createGate(most: number): Gate {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running < most) running++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      // The place is handed on rather than freed, so that nobody takes it in between.
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
