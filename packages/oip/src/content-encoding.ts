import { promisify } from 'node:util'
import { deflate, deflateSync, gunzip, gzip, gzipSync, inflate, type ZlibOptions } from 'node:zlib'
import { invalid, ProtocolError, quote } from './protocol-error.ts'

/** What this side can do; `deflate` has zlib's framing (RFC 9110 section 8.4.1.2). */
export type ContentEncoding = 'gzip' | 'deflate'

const CODECS = {
  gzip: { compress: promisify<Uint8Array | string, Buffer>(gzip), compressNow: gzipSync, decompress: gunzip },
  deflate: { compress: promisify<Uint8Array | string, Buffer>(deflate), compressNow: deflateSync, decompress: inflate },
} as const

// Up to here it is cheaper on this thread than on another: 55 against 154 us of CPU for 200 bytes, 31 against 81 us for 4 kB.
const SMALL = 4096

export async function compress(body: string | Uint8Array, encoding: ContentEncoding): Promise<Uint8Array> {
  const codec = CODECS[encoding]
  return body.length <= SMALL ? codec.compressNow(body) : codec.compress(body)
}

/**
 * The body that a `Content-Encoding` stands for, of at most `bytesMax` bytes: nothing is unpacked beyond them. Four at once in this
 * process; others wait.
 * Rejects with `too-large`, `invalid` for a broken stream, and `unsupported` for an encoding that is not known.
 */
export async function decompress(
  body: Uint8Array,
  encoding: string | undefined,
  bytesMax: number,
): Promise<Uint8Array> {
  const codec = readContentEncoding(encoding)
  if (codec === undefined) return body
  await turn()
  try {
    return await unpack(body, codec, bytesMax)
  } finally {
    leave()
  }
}

// As many threads as there are for it. A few kilobytes can unpack to as much as a body may have, so many at once would take
// what memory there is; whoever waits holds its packed bytes only.
const UNPACKED_AT_ONCE = 4
const waiting: (() => void)[] = []
let unpacking = 0

function turn(): Promise<void> | undefined {
  if (unpacking < UNPACKED_AT_ONCE) {
    unpacking++
    return undefined
  }
  const { promise, resolve } = Promise.withResolvers<void>()
  waiting.push(resolve)
  return promise
}

/** In a turn of the event loop of its own, so that what was unpacked before is used up before more comes. */
function leave(): void {
  const next = waiting.shift()
  if (next) setImmediate(next)
  else unpacking--
}

/** The value of a `Content-Encoding` header; undefined for none. Throws `unsupported` for what is not known. */
export function readContentEncoding(value: string | undefined): ContentEncoding | undefined {
  const name = value?.trim().toLowerCase() ?? ''
  if (name === '' || name === 'identity') return undefined
  if (name === 'gzip' || name === 'x-gzip') return 'gzip'
  if (name === 'deflate') return 'deflate'
  throw new ProtocolError('unsupported', `Content-Encoding ${quote(value)} is not supported: use gzip, deflate or none`)
}

/** What zlib gives under `info: true`, which its types do not know; the engine says how much of the body it took. */
interface Unpacked {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

function unpack(body: Uint8Array, encoding: ContentEncoding, bytesMax: number): Promise<Uint8Array> {
  const options: ZlibOptions = { maxOutputLength: bytesMax, info: true }
  return new Promise((resolve, reject) => {
    const done = (error: NodeJS.ErrnoException | null, result: unknown) => {
      if (error?.code === 'ERR_BUFFER_TOO_LARGE') {
        return reject(new ProtocolError('too-large', `The body is larger than ${bytesMax} bytes once it is unpacked`))
      }
      if (error !== null) return reject(invalid(`The body is not ${encoding}: ${error.message}`))
      const { buffer, engine } = result as Unpacked
      const left = body.length - engine.bytesWritten
      return left === 0
        ? resolve(buffer)
        : reject(invalid(`The body has ${left} bytes after the end of its ${encoding}`))
    }
    CODECS[encoding].decompress(body, options, done)
  })
}

// Below it, the bytes saved do not pay for some 100 us of work; and many a client asks for gzip with every request.
const WORTHWHILE = 1024

/** The best of what an `Accept-Encoding` header allows and this side can do; undefined to send the body as it is. */
export function chooseEncoding(accept: string | undefined, bodyBytes: number): ContentEncoding | undefined {
  if (accept === undefined || bodyBytes < WORTHWHILE) return undefined
  let best: ContentEncoding | undefined
  let bestQuality = 0
  for (const part of accept.toLowerCase().split(',')) {
    const [name = '', ...rest] = part.split(';').map((piece) => piece.trim())
    if (name !== 'gzip' && name !== 'deflate') continue
    const weight = rest.find((piece) => piece.startsWith('q='))
    const quality = weight === undefined ? 1 : Number(weight.slice(2))
    if (quality > bestQuality || (quality === bestQuality && quality > 0 && name === 'gzip')) {
      best = name
      bestQuality = quality
    }
  }
  return best
}
