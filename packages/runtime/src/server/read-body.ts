import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { decompress, GatheredBytes, ProtocolError } from '@astraapi/oip'

/**
 * Reads a request's body, and unpacks it. Rejects with `too-large`, with `unavailable` while too much is being read from
 * others, and with what `decompress` rejects with.
 */
export type BodyReader = (body: Readable, headers: IncomingHttpHeaders) => Promise<Uint8Array>

/**
 * @param bytesMax of one body, packed and unpacked.
 * @param allBytesMax of all that are being read or wait to be unpacked.
 */
export function createBodyReader(bytesMax: number, allBytesMax: number): BodyReader {
  let allBytes = 0
  return async (stream, headers) => {
    let bytes = 0
    if (Number(headers['content-length']) > bytesMax) throw tooLarge()
    try {
      const body = await collect(stream, bytesMax, (chunk) => {
        bytes += chunk.length
        allBytes += chunk.length
        if (bytes > bytesMax) throw tooLarge()
        if (allBytes > allBytesMax) throw tooMuchAtOnce()
      })
      return await decompress(body, headers['content-encoding'], bytesMax)
    } finally {
      allBytes -= bytes
    }
  }
}

/** With listeners: to leave a `for await` early destroys the connection that the refusal should go out on. */
function collect(stream: Readable, bytesMax: number, check: (chunk: Buffer) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const body = new GatheredBytes(bytesMax)
    const settle = (how: () => void) => {
      stream.off('data', take).off('end', end).off('error', gone).off('close', gone)
      how()
    }
    const take = (chunk: Buffer) => {
      try {
        check(chunk)
        body.push(chunk)
      } catch (error) {
        stream.pause()
        settle(() => reject(error))
      }
    }
    const end = () => settle(() => resolve(body.take()))
    const gone = () => settle(() => reject(new ProtocolError('invalid', 'The connection closed within the body')))
    stream.on('data', take).on('end', end).on('error', gone).on('close', gone)
    if (stream.destroyed) gone()
  })
}

function tooLarge(): ProtocolError {
  return new ProtocolError('too-large', 'The body is larger than this server takes')
}

function tooMuchAtOnce(): ProtocolError {
  const message = 'Too many large bodies are being sent at once; try again later'
  return new ProtocolError('unavailable', message, { retryAfterMs: 1000 })
}
