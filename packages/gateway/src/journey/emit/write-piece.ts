import type { ServerResponse } from 'node:http'
import { drained } from './drained.ts'

/**
 * Writes a piece of a stream. Undefined when the next may follow at once; else as `drained`.
 *
 * Always bytes: of text, Node 26 counts bytes where it decides whether to wait, and UTF-16 units where it decides whether to tell that
 * the wait is over. For text beyond ASCII a slow reader would end the one and never the other.
 */
export function writePiece(
  response: ServerResponse,
  piece: string | Buffer,
  stallMs?: number,
): Promise<void> | undefined {
  const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
  return response.write(bytes) ? undefined : drained(response, stallMs)
}
