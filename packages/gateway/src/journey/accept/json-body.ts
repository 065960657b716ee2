import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import { GatheredBytes } from '@astraapi/oip'
import { AstraError } from '../../kernel/errors.ts'
import { BodyRoom } from './body-room.ts'
import { type JsonSurvey, surveyJson } from './json-survey.ts'

/** Deeper bodies are refused before they are parsed: recursion over them could exhaust the stack further on. */
const depthMax = 64

/**
 * Members of objects that a body may hold: 10 MB of one-letter keys take V8 a second to parse, in which nothing else is served. Numbers
 * and strings in lists are a tenth as dear, so that the body's length is bound enough.
 */
const membersMax = 200_000

/** Objects and lists: a fifth as dear as a member with a key of its own. */
const nestsMax = 1_000_000

/** Of all bodies that are being read at one time, in this process. */
const bodyRoom = new BodyRoom(512 * 2 ** 20)

/**
 * Reads a body of at most `bytesMax` bytes. Rejects with `body_too_large` as soon as that is known, with `overloaded` where too much is
 * being sent at once, by this consumer or by all, and with `cancelled` when the caller leaves in the middle of it. With listeners rather
 * than `for await`, which costs 5 us more a call and, when it is left early, destroys the connection that the refusal should go out on.
 */
export function readBody(
  stream: Readable,
  contentLength: string | undefined,
  bytesMax: number,
  consumer: string,
  room = bodyRoom,
): Promise<Buffer> {
  if (Number(contentLength) > bytesMax) return Promise.reject(tooLarge(bytesMax))
  return new Promise((resolve, reject) => {
    const body = new GatheredBytes(bytesMax)
    let bytes = 0
    let taken = 0
    let open = true
    const settle = (error?: AstraError) => {
      if (!open) return
      open = false
      if (taken > 0) room.giveBack(consumer, taken)
      if (!error) return resolve(body.take())
      stream.pause()
      // Of a body that came whole they hear no more, and go with it.
      stream.off('data', take).off('end', end).off('close', gone)
      reject(error)
    }
    const take = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > bytesMax) return settle(tooLarge(bytesMax))
      const more = room.taken(bytes) - taken
      const fault = more > 0 ? room.take(consumer, more) : undefined
      if (fault) return settle(fault)
      taken += more
      return body.push(chunk)
    }
    const end = () => settle()
    // Of a body that came whole it hears, too: an error with its stack, made for nobody, was 6 us a call.
    const gone = () => {
      if (open) settle(new AstraError('cancelled', { reason: 'the connection closed before the body was complete' }))
    }
    stream.on('data', take).on('end', end).on('close', gone).on('error', gone)
    if (stream.destroyed) gone()
  })
}

/** Parses a JSON body. Throws `invalid_body`, `body_too_deep` or `body_too_large`. */
export function parseJson(body: Buffer): unknown {
  surveyWithin(body, membersMax)
  return parse(body)
}

/** A JSON object and nothing else; `__proto__` is an ordinary key that every closed schema refuses. */
export function parseJsonObject(body: Buffer): Record<string, unknown> {
  return objectOf(parseJson(body))
}

/** The same, with whether a key stands in one of its objects twice: others that read the bytes may believe the other one. */
export function parseJsonMembers(
  body: Buffer,
  most: number,
): { readonly object: Record<string, unknown>; readonly repeats: boolean } {
  const { members } = surveyWithin(body, most)
  const object = objectOf(parse(body))
  return { object, repeats: members > membersIn(object) }
}

/** Of all its objects. As deep as the survey let it be. */
function membersIn(value: object): number {
  let members = 0
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && item !== null) members += membersIn(item)
    return members
  }
  for (const item of Object.values(value)) {
    members++
    if (typeof item === 'object' && item !== null) members += membersIn(item)
  }
  return members
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new AstraError('invalid_body', { detail: 'The body must be a JSON object' })
}

function parse(body: Buffer): unknown {
  // Several such bodies would be read as one and the same, which whoever gets the bytes may tell apart.
  if (!isUtf8(body))
    throw new AstraError('invalid_body', { detail: 'The body is not UTF-8', next: 'Encode it as UTF-8.' })
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw notJson(body, error)
  }
}

/** What a body that is none likely is, by its beginning: some clients send it unless they are told the Content-Type. */
const otherForms: readonly (readonly [begins: RegExp, name: string])[] = [
  [/^\s*</, 'XML or HTML'],
  [/^--[^\s-]|^-{4}/, 'a form in parts (multipart/form-data)'],
  [/^[\w.%[\]-]+=/, 'a form (application/x-www-form-urlencoded)'],
]

function notJson(body: Buffer, error: unknown): AstraError {
  const begins = body.toString('latin1', 0, 100)
  const [, other] = otherForms.find(([form]) => form.test(begins)) ?? []
  if (other === undefined)
    return new AstraError('invalid_body', { detail: `The body is not JSON: ${syntaxFault(error)}` })
  return new AstraError('invalid_body', {
    detail: `The body is not JSON: it looks like ${other}`,
    next: 'Send one JSON object, with "Content-Type: application/json".',
  })
}

/** V8 names the place and quotes the caller's own text; nothing internal is in it. */
function syntaxFault(error: unknown): string {
  return error instanceof SyntaxError ? error.message.slice(0, 160) : 'unreadable'
}

/** For a body whose JSON is parsed elsewhere: throws `body_too_large`. Lists are not bounded, as tensors are made of them. */
export function holdMembers(json: Uint8Array): void {
  if (surveyJson(Buffer.from(json.buffer, json.byteOffset, json.length)).members > membersMax)
    throw tooMany(`${membersMax} members of objects`)
}

function surveyWithin(body: Buffer, most: number): JsonSurvey {
  if (body.length === 0) throw new AstraError('invalid_body', { detail: 'The body is empty' })
  const counts = surveyJson(body)
  if (counts.depth > depthMax) {
    throw new AstraError('body_too_deep', { detail: `The body nests deeper than ${depthMax} levels` })
  }
  if (counts.members > most) throw tooMany(`${most} members of objects`)
  if (counts.nests > nestsMax) throw tooMany(`${nestsMax} objects and lists`)
  return counts
}

function tooMany(what: string): AstraError {
  return new AstraError('body_too_large', { detail: `The body holds more than ${what}` })
}

function tooLarge(bytesMax: number): AstraError {
  return new AstraError('body_too_large', { detail: `The body exceeds ${bytesMax} bytes` })
}
