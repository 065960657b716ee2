import type { Readable } from 'node:stream'
import { AstraError } from '../../kernel/errors.ts'

/** Deeper bodies are refused before they are parsed: recursion over them could exhaust the stack further on. */
const depthMax = 64

/** Of all bodies that are being read at one time, in this process. */
const allBytesMax = 512 * 2 ** 20
let allBytes = 0

const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/**
 * Reads a body of at most `bytesMax` bytes. Rejects with `body_too_large` as soon as that is known, and with `cancelled` when the
 * caller leaves in the middle of it. With listeners rather than `for await`, which costs 5 us more a call and, when it is left
 * early, destroys the connection that the refusal should go out on.
 */
export function readBody(stream: Readable, contentLength: string | undefined, bytesMax: number): Promise<Buffer> {
  if (Number(contentLength) > bytesMax) return Promise.reject(tooLarge(bytesMax))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    let open = true
    const settle = (error?: AstraError) => {
      if (!open) return
      open = false
      allBytes -= bytes
      stream.off('data', take).off('end', end).off('close', gone)
      if (error) return reject(error)
      const [only] = chunks
      resolve(chunks.length === 1 && only ? only : Buffer.concat(chunks, bytes))
    }
    const take = (chunk: Buffer) => {
      bytes += chunk.length
      allBytes += chunk.length
      if (bytes <= bytesMax && allBytes <= allBytesMax) return chunks.push(chunk)
      stream.pause()
      return settle(bytes > bytesMax ? tooLarge(bytesMax) : tooMuchAtOnce())
    }
    const end = () => settle()
    const gone = () =>
      settle(new AstraError('cancelled', { reason: 'the connection closed before the body was complete' }))
    stream.on('data', take).on('end', end).on('close', gone).on('error', gone)
    if (stream.destroyed) gone()
  })
}

/** Parses a JSON body. Throws `invalid_body` or `body_too_deep`. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) throw new AstraError('invalid_body', { detail: 'The body is empty' })
  if (nestsDeeperThan(body, depthMax)) {
    throw new AstraError('body_too_deep', { detail: `The body nests deeper than ${depthMax} levels` })
  }
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw new AstraError('invalid_body', { detail: `The body is not JSON: ${syntaxFault(error)}` })
  }
}

/** A JSON object and nothing else; `__proto__` is an ordinary key that every closed schema refuses. */
export function parseJsonObject(body: Buffer): Record<string, unknown> {
  const value = parseJson(body)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new AstraError('invalid_body', { detail: 'The body must be a JSON object' })
}

/** V8 names the place and quotes the caller's own text; nothing internal is in it. */
function syntaxFault(error: unknown): string {
  return error instanceof SyntaxError ? error.message.slice(0, 160) : 'unreadable'
}

/** Runs over every byte of every call, hence integers and loops: a Set and a flag per byte took several times as long. */
function nestsDeeperThan(body: Buffer, max: number): boolean {
  const { length } = body
  let depth = 0
  for (let i = 0; i < length; i++) {
    const byte = body[i]
    if (byte === quote) i = endOfString(body, i + 1)
    else if (byte === openBracket || byte === openBrace) {
      if (++depth > max) return true
    } else if (byte === closeBracket || byte === closeBrace) depth--
  }
  return false
}

function endOfString(body: Buffer, start: number): number {
  let i = start
  for (; i < body.length && body[i] !== quote; i++) if (body[i] === backslash) i++
  return i
}

function tooMuchAtOnce(): AstraError {
  return new AstraError('overloaded', { detail: 'Too many large bodies are being sent at once', retryAfterMs: 1000 })
}

function tooLarge(bytesMax: number): AstraError {
  return new AstraError('body_too_large', { detail: `The body exceeds ${bytesMax} bytes` })
}
