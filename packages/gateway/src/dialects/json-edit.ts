/**
 * Sets members of the outermost object of a JSON text, and leaves every other byte as it stands: numbers beyond 2^53, spaces, the order
 * of keys. `bytes` must be valid JSON, an object, which the caller made sure of by parsing it. `members` are JSON texts by key; every
 * occurrence of a key is replaced, however it is escaped, and one that is absent is added at the end.
 */
export function setMembers(bytes: Buffer, members: Readonly<Record<string, string>>): Buffer {
  const names = Object.keys(members)
  let missing = names
  const edits: Edit[] = []
  let empty = true
  const end = walkMembers(bytes, (keyStart, keyEnd, from, to) => {
    empty = false
    const name = nameAt(bytes, keyStart, keyEnd, names)
    if (name === undefined) return
    edits.push({ from, to, text: members[name] ?? 'null' })
    if (missing.includes(name)) missing = missing.filter((other) => other !== name)
  })
  if (missing.length > 0) {
    const added = missing.map((key) => `${JSON.stringify(key)}:${members[key]}`).join(',')
    edits.push({ from: end, to: end, text: empty ? added : `,${added}` })
  }
  return edited(bytes, edits)
}

/** Which of the names a key is. A string for each key, most of which are none of them, took half of the time of an edit. */
function nameAt(bytes: Buffer, keyStart: number, keyEnd: number, names: readonly string[]): string | undefined {
  for (let at = keyStart + 1; at < keyEnd - 1; at += 1) {
    const byte = bytes[at] ?? backslash
    if (byte === backslash || byte >= beyondAscii) {
      const key = keyText(bytes, keyStart, keyEnd)
      return names.includes(key) ? key : undefined
    }
  }
  for (const name of names) if (isAt(bytes, keyStart + 1, keyEnd - 1, name)) return name
  return undefined
}

/** Of a text in plain ASCII. */
function isAt(bytes: Buffer, from: number, to: number, text: string): boolean {
  if (to - from !== text.length) return false
  for (let i = 0; i < text.length; i += 1) if (bytes[from + i] !== text.charCodeAt(i)) return false
  return true
}

/** A text in the place of some bytes. */
interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** Into one Buffer at once: pieces of Buffers, each an object, cost more than all the rest. */
function edited(bytes: Buffer, edits: readonly Edit[]): Buffer {
  let length = bytes.length
  for (const { from, to, text } of edits) length += Buffer.byteLength(text) - (to - from)
  const whole = Buffer.allocUnsafe(length)
  let read = 0
  let written = 0
  for (const { from, to, text } of edits) {
    written += bytes.copy(whole, written, read, from)
    written += whole.write(text, written)
    read = to
  }
  bytes.copy(whole, written, read)
  return whole
}

/** The first key that the outermost object has twice, however it is escaped. `bytes` as above. */
export function repeatedKey(bytes: Buffer): string | undefined {
  const keys = new Set<string>()
  let repeated: string | undefined
  walkMembers(bytes, (keyStart, keyEnd) => {
    const key = keyText(bytes, keyStart, keyEnd)
    if (keys.has(key)) repeated ??= key
    keys.add(key)
  })
  return repeated
}

/** As Go folds the letters of keys: by Unicode, so that "ſtore" (a long s) is "store", too. */
export function foldCase(key: string): string {
  return key.toUpperCase().toLowerCase()
}

/** A member: where its key stands, quotes included, and its value. */
type Visit = (keyStart: number, keyEnd: number, valueStart: number, valueEnd: number) => void

/** Returns where the outermost object is closed. */
function walkMembers(bytes: Buffer, visit: Visit): number {
  let at = afterSpace(bytes, afterSpace(bytes, 0) + 1)
  while (bytes[at] !== closeBrace) {
    const keyEnd = afterString(bytes, at)
    const valueStart = afterSpace(bytes, afterSpace(bytes, keyEnd) + 1)
    const valueEnd = afterValue(bytes, valueStart)
    visit(at, keyEnd, valueStart, valueEnd)
    at = afterSpace(bytes, valueEnd)
    if (bytes[at] === comma) at = afterSpace(bytes, at + 1)
  }
  return at
}

const quote = 0x22
const comma = 0x2c
const backslash = 0x5c
const beyondAscii = 0x80
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
const space = 0x20
const nearMax = 48

/** Everything up to a space is white in JSON, as control characters have no other place outside of strings. */
function afterSpace(bytes: Buffer, start: number): number {
  let at = start
  while ((bytes[at] ?? closeBrace) <= space) at += 1
  return at
}

/** `start` is at the opening quote. A quote ends the string unless an odd number of backslashes stands before it. */
function afterString(bytes: Buffer, start: number): number {
  // Most strings are short, and a native search costs as much as some dozens of steps.
  const near = Math.min(start + nearMax, bytes.length)
  let end = start + 1
  while (end < near && bytes[end] !== quote) end += bytes[end] === backslash ? 2 : 1
  if (bytes[end] === quote && end < near) return end + 1
  end = bytes.indexOf(quote, end)
  while (end > 0 && isEscaped(bytes, end)) end = bytes.indexOf(quote, end + 1)
  if (end < 0) throw notJson()
  return end + 1
}

function isEscaped(bytes: Buffer, quoteAt: number): boolean {
  let at = quoteAt - 1
  while (bytes[at] === backslash) at -= 1
  return (quoteAt - at) % 2 === 0
}

function keyText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end)
  return text.includes('\\') ? String(JSON.parse(text)) : text.slice(1, -1)
}

function afterValue(bytes: Buffer, start: number): number {
  const first = bytes[start]
  if (first === quote) return afterString(bytes, start)
  if (first === openBrace || first === openBracket) return afterNested(bytes, start)
  let at = start
  while (!endsPlainValue(bytes[at])) at += 1
  return at
}

function endsPlainValue(byte: number | undefined): boolean {
  return byte === undefined || byte <= space || byte === comma || byte === closeBrace
}

function afterNested(bytes: Buffer, start: number): number {
  let depth = 0
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === quote) at = afterString(bytes, at) - 1
    else if (byte === openBrace || byte === openBracket) depth += 1
    else if (byte === closeBrace || byte === closeBracket) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  throw notJson()
}

function notJson(): Error {
  return new Error('these bytes were to be valid JSON')
}
