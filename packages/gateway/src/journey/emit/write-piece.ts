import type { ServerResponse } from 'node:http'
import { drained } from './drained.ts'

/** A longer piece is not copied into a frame. */
const framedMax = 16 * 1024

/** Writes the pieces of one stream. */
export class PieceWriter {
  readonly #response: ServerResponse
  #begun = false

  constructor(response: ServerResponse) {
    this.#response = response
  }

  /**
   * Undefined when the next piece may follow at once; else as `drained`.
   *
   * The head goes out with the first piece. Later ones are framed here (RFC 9112, 7.1) and go to the socket as one write each: Node makes
   * three of a piece and corks them, some 4 us of user time a piece.
   *
   * Always bytes: of text, Node 26 counts bytes where it decides whether to wait, and UTF-16 units where it decides whether to tell that
   * the wait is over. For text beyond ASCII a slow reader would end the one and never the other.
   */
  write(piece: string | Buffer, stallMs?: number): Promise<void> | undefined {
    // A chunk of no bytes would end the body.
    if (piece.length === 0) return undefined
    const response = this.#response
    const { socket } = response
    // What the response still holds back goes first.
    const passes = this.#begun && response.chunkedEncoding && response.writableCorked === 0 && !response.writableEnded
    if (passes && socket && piece.length <= framedMax) {
      return socket.write(frame(piece)) ? undefined : drained(response, socket, stallMs)
    }
    this.#begun = true
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
    return response.write(bytes) ? undefined : drained(response, response, stallMs)
  }
}

/** One chunk of a chunked body. */
function frame(piece: string | Buffer): Buffer {
  if (typeof piece === 'string') return Buffer.from(`${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`)
  const size = piece.length.toString(16)
  const framed = Buffer.allocUnsafe(size.length + piece.length + 4)
  let at = framed.write(size, 'latin1')
  framed[at++] = 13
  framed[at++] = 10
  at += piece.copy(framed, at)
  framed[at++] = 13
  framed[at] = 10
  return framed
}
