import { GatheredBytes } from '@astraapi/oip'
import { AstraError } from '../../kernel/errors.ts'

/** One server-sent event in upstream's own bytes, the blank line that ends it included, and what it says. */
export interface EventBlock {
  readonly bytes: Buffer
  /** "" where upstream names none. */
  readonly event: string
  readonly data: string
}

export const eventBytesMax = 16 * 2 ** 20

const lf = 0x0a
const cr = 0x0d

/**
 * Splits a byte stream into server-sent events (the HTML standard's "event stream"). Lines end with LF, CR or CRLF. Blocks without
 * data (comments, blanks) are passed over, as is one that the stream's end cuts off. An event goes out with its last byte; where
 * a blank line may be half a CRLF, lines before it tell what its other half is. The same bytes give the same events, however
 * they are cut into chunks.
 */
export class EventSplitter {
  readonly #bytesMax: number
  /** The beginning of an event that did not end in its chunk. */
  readonly #begun: GatheredBytes
  /** Of the present chunk: its events, and where the next one begins. */
  #events: EventBlock[] = []
  #from = 0
  /** Nothing stands in the present line. */
  #blank = true
  #afterCr = false
  /** The last line that was ended by CR was ended by LF, too. */
  #pairs = false
  /** The blank line's CR was seen; its LF is to come. */
  #owesLf = false
  #first = true

  constructor(bytesMax = eventBytesMax) {
    this.#bytesMax = bytesMax
    this.#begun = new GatheredBytes(bytesMax)
  }

  /** The events that end in this chunk. Throws `upstream_failed` at one that never ends. */
  push(chunk: Buffer): readonly EventBlock[] {
    this.#events = []
    // Most chunks are one event.
    if (this.#isBetween && endsOnce(chunk)) {
      this.#read(chunk)
      return this.#events
    }
    this.#from = 0
    let nextCr = -1
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]
      if (this.#afterCr && this.#pairUp(chunk, i)) continue
      if (byte === lf || byte === cr) this.#endLine(chunk, i)
      else {
        this.#blank = false
        if (nextCr < i) nextCr = indexOf(chunk, cr, i)
        i = Math.min(nextCr, indexOf(chunk, lf, i)) - 1
      }
    }
    this.#keep(chunk)
    return this.#events
  }

  /** Whether what follows a CR is its LF. */
  #pairUp(chunk: Buffer, i: number): boolean {
    this.#afterCr = false
    this.#pairs = chunk[i] === lf
    if (this.#owesLf) this.#close(chunk, this.#pairs ? i + 1 : i)
    return this.#pairs
  }

  #endLine(chunk: Buffer, i: number): void {
    this.#afterCr = chunk[i] === cr
    if (!this.#blank) this.#blank = true
    else if (this.#afterCr && this.#pairs) this.#owesLf = true
    else this.#close(chunk, i + 1)
  }

  #close(chunk: Buffer, to: number): void {
    const end = chunk.subarray(this.#from, to)
    const whole = this.#begun.length === 0 ? end : this.#withBegun(end)
    this.#from = to
    this.#owesLf = false
    this.#read(whole)
  }

  #read(whole: Buffer): void {
    const event = readEvent(this.#first ? withoutMark(whole) : whole)
    this.#first = false
    if (event) this.#events.push(event)
  }

  /** The next byte is an event's first. */
  get #isBetween(): boolean {
    return this.#blank && !this.#afterCr && this.#begun.length === 0
  }

  #withBegun(end: Buffer): Buffer {
    this.#begun.push(end)
    return this.#begun.take()
  }

  #keep(chunk: Buffer): void {
    if (this.#from === chunk.length) return
    this.#begun.push(chunk.subarray(this.#from))
    if (this.#begun.length <= this.#bytesMax) return
    throw new AstraError('upstream_failed', {
      reason: `one event of the stream is longer than ${this.#bytesMax} bytes`,
    })
  }
}

/** It is one line that LF ends, and a blank one. */
function endsOnce(chunk: Buffer): boolean {
  const lineEnd = chunk.indexOf(lf)
  return lineEnd > 0 && lineEnd === chunk.length - 2 && chunk[lineEnd + 1] === lf && !chunk.includes(cr)
}

function indexOf(chunk: Buffer, byte: number, from: number): number {
  const index = chunk.indexOf(byte, from)
  return index === -1 ? chunk.length : index
}

const mark = Buffer.from([0xef, 0xbb, 0xbf])

/** The byte order mark has a meaning at a stream's beginning only: another stream may go out of this one. */
function withoutMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, 3).equals(mark) ? bytes.subarray(3) : bytes
}

/** Undefined for a block without data. */
function readEvent(bytes: Buffer): EventBlock | undefined {
  if (bytes.length < 6) return undefined
  const text = bytes.toString()
  // Nearly every event is one line.
  if (text.startsWith('data:') && text.indexOf('\n') === text.length - 2 && !text.includes('\r')) {
    return { bytes, event: '', data: textAfter(text.slice(0, -2), 5) }
  }
  let event = ''
  let data: string | undefined
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line.startsWith('data:')) {
      const value = textAfter(line, 5)
      data = data === undefined ? value : `${data}\n${value}`
    } else if (line.startsWith('event:')) event = textAfter(line, 6)
    else if (line === 'data') data = data === undefined ? '' : `${data}\n`
    else if (line === 'event') event = ''
  }
  return data === undefined ? undefined : { bytes, event, data }
}

function textAfter(line: string, from: number): string {
  return line.slice(line[from] === ' ' ? from + 1 : from)
}
