import type { Clock } from './clock.ts'
import { type AstraError, errorFrom } from './errors.ts'

/** What ends a call early, as one signal: its time limit, its caller's signal, or the caller leaving a stream. */
export interface Limit {
  /** Aborts with the AstraError that the call is to end with. */
  readonly signal: AbortSignal
  remainingMs(): number
  /** Settles as the work does, or rejects at once when the limit is reached, whether or not the work heeds the signal. */
  race<T>(work: Promise<T>): Promise<T>
  sleep(ms: number): Promise<void>
  /** Ends what still runs with this error. Does nothing once the call is over. */
  abort(reason: AstraError): void
  /** The call is over: stops the clock and forgets the caller's signal. */
  close(): void
}

export interface LimitOptions {
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly clock: Clock
}

export function openLimit({ timeoutMs, signal, clock }: LimitOptions): Limit {
  const controller = new AbortController()
  let closed = false
  const endsAt = clock.now() + timeoutMs
  const stopClock = clock.timer(timeoutMs, () => abort(timedOut(timeoutMs)))
  const leave = () => abort(cancelled('The caller aborted the call', signal?.reason))
  if (signal?.aborted) leave()
  else signal?.addEventListener('abort', leave, { once: true })

  function close(): void {
    closed = true
    stopClock()
    signal?.removeEventListener('abort', leave)
  }

  function abort(reason: AstraError): void {
    if (closed) return
    close()
    controller.abort(reason)
  }

  function race<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = () => reject(controller.signal.reason)
      controller.signal.addEventListener('abort', stop, { once: true })
      work.then(resolve, reject).finally(() => controller.signal.removeEventListener('abort', stop))
      if (controller.signal.aborted) stop()
    })
  }

  async function sleep(ms: number): Promise<void> {
    let stop = () => {}
    const slept = new Promise<void>((resolve) => {
      stop = clock.timer(ms, resolve)
    })
    await race(slept).finally(stop)
  }

  return {
    signal: controller.signal,
    remainingMs: () => endsAt - clock.now(),
    race,
    sleep,
    abort,
    close,
  }
}

export function cancelled(detail: string, cause?: unknown): AstraError {
  return errorFrom({ code: 'cancelled', detail, next: 'Nothing to do.', cause })
}

function timedOut(timeoutMs: number): AstraError {
  return errorFrom({
    code: 'timeout',
    detail: `The time limit of ${timeoutMs} ms ran out`,
    next: 'Allow more time (timeoutMs), or send less.',
  })
}
