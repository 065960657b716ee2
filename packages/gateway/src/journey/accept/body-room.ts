import { AstraError } from '../../kernel/errors.ts'

/** Of each body so much takes none of the room: connections are bounded, and a small call gets through whoever fills it. */
const smallBytes = 64 * 1024

/** What bodies may take up in memory while they are read, of all consumers and of each. */
export class BodyRoom {
  readonly #bytesMax: number
  readonly #shareMax: number
  readonly #shares = new Map<string, number>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
    // One who sends the half of many bodies, and no more, fills no more than this.
    this.#shareMax = bytesMax / 4
  }

  /** How much of the room a body takes that is so long by now. */
  taken(bytes: number): number {
    return Math.max(0, bytes - smallBytes)
  }

  /** Why there is none, if so. */
  take(consumer: string, bytes: number): AstraError | undefined {
    const share = (this.#shares.get(consumer) ?? 0) + bytes
    if (share > this.#shareMax) return ownShare(consumer, this.#shareMax)
    if (this.#bytes + bytes > this.#bytesMax) return tooMuchAtOnce()
    this.#bytes += bytes
    this.#shares.set(consumer, share)
    return undefined
  }

  giveBack(consumer: string, bytes: number): void {
    this.#bytes -= bytes
    const share = (this.#shares.get(consumer) ?? 0) - bytes
    if (share > 0) this.#shares.set(consumer, share)
    else this.#shares.delete(consumer)
  }
}

function ownShare(consumer: string, bytesMax: number): AstraError {
  return new AstraError('overloaded', {
    detail: `The consumer "${consumer}" is sending more than ${bytesMax / 2 ** 20} MiB of large bodies at once`,
    next: 'Send fewer of them at one time, and repeat after the time in Retry-After.',
    retryAfterMs: 1000,
  })
}

function tooMuchAtOnce(): AstraError {
  return new AstraError('overloaded', { detail: 'Too many large bodies are being sent at once', retryAfterMs: 1000 })
}
