export interface RetryPause {
  /** 100 ms after the first failure, doubling up to 5 s. */
  wait(failures: number): Promise<void>
  /** Ends the pause that is going on, if any. */
  cut(): void
}

const firstMs = 100
const longestMs = 5000

/** The pauses between tries at something that keeps failing; one goes on at a time. */
export function retryPause(): RetryPause {
  let end: (() => void) | undefined
  return {
    wait(failures) {
      return new Promise((resolve) => {
        const timer = setTimeout(() => end?.(), Math.min(firstMs * 2 ** (failures - 1), longestMs))
        end = () => {
          clearTimeout(timer)
          end = undefined
          resolve()
        }
      })
    },
    cut: () => end?.(),
  }
}
