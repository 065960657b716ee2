import { errorFrom } from './errors.ts'

export interface SseEvent {
  /** "message" where the stream names none. */
  readonly event: string
  readonly data: string
}

export interface SseParser {
  /** The events that these bytes complete. Throws a ConnectionError (`invalid_answer`) when one grows too large. */
  push(bytes: Uint8Array): SseEvent[]
}

/** In UTF-16 units. */
const eventCharactersMax = 16 * 1024 * 1024

/**
 * Parses server-sent events (WHATWG HTML, section 9.2.6) from bytes that may be cut anywhere: inside a character, between CR
 * and LF. `id` and `retry` are passed over, as nothing here reconnects. An event that the end of the stream cuts off is never
 * given out, as the specification says.
 */
export function createSseParser(charactersMax: number = eventCharactersMax): SseParser {
  const decoder = new TextDecoder()
  let line = ''
  let afterCarriageReturn = false
  let event = ''
  let data: string[] = []
  let characters = 0

  function count(added: number): void {
    characters += added
    if (characters > charactersMax) throw tooLarge(charactersMax)
  }

  function endLine(): SseEvent | undefined {
    const [field, value] = split(line)
    // Only data is kept, so that comments sent to keep the connection alive never add up.
    if (field !== 'data') characters -= line.length
    line = ''
    if (field === 'event') event = value
    if (field === 'data') data.push(value)
    if (field !== '') return undefined
    const complete = data.length > 0 ? { event: event || 'message', data: data.join('\n') } : undefined
    event = ''
    data = []
    characters = 0
    return complete
  }

  return {
    push(bytes) {
      const text = decoder.decode(bytes, { stream: true })
      const events: SseEvent[] = []
      let from = afterCarriageReturn && text.startsWith('\n') ? 1 : 0
      if (text !== '') afterCarriageReturn = text.endsWith('\r')
      for (const { index, 0: lineEnd } of text.matchAll(/\r\n|\n|\r/g)) {
        if (index < from) continue
        count(index - from)
        line += text.slice(from, index)
        from = index + lineEnd.length
        const complete = endLine()
        if (complete) events.push(complete)
      }
      count(text.length - from)
      line += text.slice(from)
      return events
    },
  }
}

/** Field and value; the field is "" for an empty line only, and ":" for a comment. */
function split(line: string): [string, string] {
  const colon = line.indexOf(':')
  if (colon === -1) return [line, '']
  const value = line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
  return colon === 0 ? [':', ''] : [line.slice(0, colon), value]
}

function tooLarge(charactersMax: number) {
  return errorFrom({
    code: 'invalid_answer',
    detail: `An event of the stream exceeds ${charactersMax} characters`,
    next: 'Tell the owner of the model; it should answer in smaller chunks.',
  })
}
