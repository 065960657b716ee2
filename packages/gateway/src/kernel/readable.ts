/**
 * A stream that is read without a promise for each step on the way: who reads hands down a taker, and is told at once, by plain calls,
 * what came. One read at a time.
 */
export interface Readable<E> {
  /** Resolves with the first thing that the taker makes of what comes, and rejects with what it throws. */
  read<R>(taker: Taker<E, R>): Promise<R>
  /** Nobody reads on. */
  leave(): void | Promise<void>
}

export interface Taker<E, R> {
  /** Undefined: reads on. */
  take(event: E): R | undefined | Promise<R>
  /** The stream ended well. */
  end(): R | Promise<R>
  /** It did not, or `take` or `end` threw. Throws what reading rejects with. */
  fail(thrown: unknown): R
}

export function readableOf<E>(events: AsyncIterable<E> | (AsyncIterable<E> & Readable<E>)): Readable<E> {
  return 'read' in events ? events : new ReadIterable(events)
}

/** What a stream is to `for await`. */
export const toResult: Taker<unknown, IteratorResult<never, undefined>> = {
  take: (value) => ({ done: false, value: value as never }),
  end: () => ({ done: true, value: undefined }),
  fail(thrown) {
    throw thrown
  },
}

/** Any other stream as one that is read so. */
class ReadIterable<E> implements Readable<E> {
  readonly #events: AsyncIterator<E>

  constructor(events: AsyncIterable<E>) {
    this.#events = events[Symbol.asyncIterator]()
  }

  async read<R>(taker: Taker<E, R>): Promise<R> {
    try {
      for (;;) {
        const { done, value } = await this.#events.next()
        if (done) return await taker.end()
        const taken = taker.take(value)
        if (taken !== undefined) return await taken
      }
    } catch (thrown) {
      return taker.fail(thrown)
    }
  }

  async leave(): Promise<void> {
    await this.#events.return?.()
  }
}
