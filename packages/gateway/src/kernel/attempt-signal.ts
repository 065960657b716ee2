/** Must not throw: the others would not be told. */
export type AbortListener = (() => void) | { handleEvent(): void }

/**
 * What of an AbortSignal an attempt needs. A real one that is listened to takes 700 bytes a call, some of which outlive it (the tables of
 * its Map); who hands one to others makes it by `abortSignalOf`.
 */
export interface AttemptSignal {
  readonly aborted: boolean
  readonly reason: Error | undefined
  throwIfAborted(): void
  addEventListener(type: 'abort', listener: AbortListener, options?: { readonly once: true }): void
  removeEventListener(type: 'abort', listener: AbortListener): void
}

/** A real one, which aborts with it. */
export function abortSignalOf(signal: AttemptSignal): AbortSignal {
  if (signal instanceof AbortSignal) return signal
  const controller = new AbortController()
  if (signal.aborted) controller.abort(signal.reason)
  else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true })
  return controller.signal
}
