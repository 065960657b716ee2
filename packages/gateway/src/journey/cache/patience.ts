import type { Call } from '../../kernel/call.ts'
import { AstraError } from '../../kernel/errors.ts'

/** Waits no longer than the caller does, or than `waitMs`: then it rejects with what the caller gets. */
export function waitFor<T>(promise: Promise<T>, { signal }: Call, waitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => give(tooLate()), waitMs)
    const leave = () => give(new AstraError('cancelled'))
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', leave)
    }
    const give = (error: AstraError) => {
      end()
      reject(error)
    }
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    promise.then(
      (value) => {
        end()
        resolve(value)
      },
      (error: unknown) => {
        end()
        reject(error)
      },
    )
  })
}

export function tooLate(): AstraError {
  return new AstraError('timeout', { reason: 'the time limit ran out while it waited for an equal call' })
}
