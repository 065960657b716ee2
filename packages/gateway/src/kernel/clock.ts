import { randomUUIDv7 } from 'node:crypto'

/** Time and ids are injected, so that tests hold them in their hand. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Milliseconds from an arbitrary start, never running backwards, with fractions: for durations. */
  elapsed(): number
  /** A new UUID version 7 (RFC 9562): unique, sorted by time. */
  id(): string
}

export const systemClock: Clock = {
  now: Date.now,
  elapsed: () => performance.now(),
  id: () => randomUUIDv7(),
}
