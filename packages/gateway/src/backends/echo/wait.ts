import type { AttemptSignal } from '../../kernel/attempt-signal.ts'

/** Lets `ms` milliseconds pass (Infinity: for ever), or rejects with the signal's reason as soon as it aborts. */
export type Wait = (ms: number, signal: AttemptSignal) => Promise<void>

export const wait: Wait = (ms, signal) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const timer = ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(finish, ms)
    signal.addEventListener('abort', stop)

    function finish() {
      signal.removeEventListener('abort', stop)
      resolve()
    }

    function stop() {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      reject(signal.reason)
    }
  })
