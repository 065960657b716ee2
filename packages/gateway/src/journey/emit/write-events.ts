import type { ServerResponse } from 'node:http'
import type { StreamAnswer, StreamEvent } from '../../kernel/answer.ts'
import { toAstraError } from '../../kernel/errors.ts'
import { readableOf, type Taker } from '../../kernel/readable.ts'
import { PieceWriter } from './write-piece.ts'

/** What of an event goes out, whole frames; "" where nothing does. */
export type Tell = (event: StreamEvent) => Buffer | string

/**
 * Writes each event of a stream as it comes; a slow reader holds the stream back instead of filling memory. Resolves with whether the
 * answer ended while its reader was there, and rejects with what it broke off with.
 */
export async function writeEvents(
  response: ServerResponse,
  { events, fail }: Pick<StreamAnswer, 'events' | 'fail'>,
  tell: Tell,
): Promise<boolean> {
  const stream = readableOf(events)
  const writing = new Writing(response, tell, async (thrown) => {
    if (fail) await fail(toAstraError(thrown))
    else await stream.leave()
    throw thrown
  })
  // One read goes on until the reader is to be waited for.
  while (await stream.read(writing));
  if (!response.destroyed) return true
  await stream.leave()
  return false
}

/** Makes true of what its reader has taken late, after which more is read, and false where nothing more is wanted. */
class Writing implements Taker<StreamEvent, boolean> {
  readonly #response: ServerResponse
  readonly #pieces: PieceWriter
  readonly #tell: Tell
  readonly #untold: (thrown: unknown) => Promise<never>

  constructor(response: ServerResponse, tell: Tell, untold: (thrown: unknown) => Promise<never>) {
    this.#response = response
    this.#pieces = new PieceWriter(response)
    this.#tell = tell
    this.#untold = untold
  }

  take(event: StreamEvent): boolean | undefined | Promise<boolean> {
    let told: Buffer | string
    try {
      told = this.#tell(event)
    } catch (thrown) {
      // Ours, so that nobody upstream is to blame for it.
      return this.#untold(thrown)
    }
    if (told.length === 0) return undefined
    const response = this.#response
    const wait = this.#pieces.write(told)
    if (wait) return wait.then(() => !response.destroyed)
    return response.destroyed ? false : undefined
  }

  end(): boolean {
    return false
  }

  fail(thrown: unknown): never {
    throw thrown
  }
}
