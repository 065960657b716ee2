/** What the connection of one stream brings: the packages keep pings, comments and halves of events to themselves. */
export interface Arrivals {
  /** Resolves with nothing, soon after more bytes came. */
  next(): Promise<undefined>
}

/** By the signal that a request is made with: nothing else of a call goes through a vendor's package as it is. */
const listeners = new WeakMap<AbortSignal, () => void>()

export function listenTo(signal: AbortSignal): Arrivals {
  let coming = Promise.withResolvers<undefined>()
  let noted = false
  listeners.set(signal, () => {
    if (noted) return
    noted = true
    // By then the package has made of the bytes what it makes of them.
    setImmediate(() => {
      const { resolve } = coming
      coming = Promise.withResolvers()
      noted = false
      resolve(undefined)
    })
  })
  return { next: () => coming.promise }
}

/** Bytes came of the answer to a request with this signal. */
export function noteArrival(signal: AbortSignal | null | undefined): void {
  if (signal) listeners.get(signal)?.()
}

/** A stream's parts as they come; undefined where bytes came that bring none. */
export async function* withArrivals<Part>(
  stream: ReadableStream<Part>,
  arrivals: Arrivals,
): AsyncGenerator<Part | undefined, void> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const reading = reader.read()
      let came = await Promise.race([reading, arrivals.next()])
      while (!came) {
        yield undefined
        came = await Promise.race([reading, arrivals.next()])
      }
      if (came.done) return
      yield came.value
    }
  } finally {
    reader.cancel().catch(() => undefined)
  }
}
