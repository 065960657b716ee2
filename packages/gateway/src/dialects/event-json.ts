/** What the events of a stream have in common with the one before, but for some texts in them. */
interface Pattern {
  readonly gaps: readonly Gap[]
  /** From the last one's closing quote. */
  readonly tail: string
  /** The event as a value, with marks in place of its texts. */
  readonly body: unknown
}

/** A text that differs. */
interface Gap {
  /** What stands between the one before and this, its opening quote included. */
  readonly before: string
  /** Where it stands in the value. */
  readonly path: readonly string[]
}

/**
 * `JSON.parse` for the events of one stream. Most of them differ from the one before in a text or two, and parsing is the dearest step
 * of passing one on (3 of some 10 us): such an event is told by its texts alone. What is returned may share parts with what was before,
 * and is not to be changed.
 */
export class EventJson {
  #before = ''
  #pattern: Pattern | undefined
  /** Looks for a pattern that may still be in vain. */
  #patience = patienceMax

  /** Throws SyntaxError as `JSON.parse` does. */
  parse(data: string): unknown {
    const pattern = this.#pattern
    const texts = pattern && textsIn(pattern, data)
    if (texts) {
      this.#patience = patienceMax
      return pattern.gaps.reduce((body, { path }, i) => put(body, path, 0, texts[i] ?? ''), pattern.body)
    }
    const body = JSON.parse(data)
    if (this.#patience > 0) this.#learn(data)
    return body
  }

  #learn(data: string): void {
    const short = data.length <= lengthMax
    if (short) this.#pattern = patternOf(this.#before, data) ?? this.#pattern
    this.#patience--
    this.#before = short && this.#patience > 0 ? data : ''
  }
}

const patienceMax = 16
/** Of a long event it is not worth while. */
const lengthMax = 4096
const gapsMax = 4
/** A shorter slice is a copy in V8; a longer one would keep the whole event in memory for as long as its text is kept. */
const copiedMax = 12

/** Undefined where the event is another one, or a text is not written as it reads. */
function textsIn({ gaps, tail }: Pattern, data: string): readonly string[] | undefined {
  const texts: string[] = []
  let at = 0
  for (const { before } of gaps) {
    const from = at + before.length
    if (!isAt(data, at, from, before)) return undefined
    at = data.indexOf('"', from)
    if (at === -1) return undefined
    const text = data.slice(from, at)
    if (!isPlain(text)) return undefined
    texts.push(text.length <= copiedMax ? text : JSON.parse(`"${text}"`))
  }
  return isAt(data, at, data.length, tail) ? texts : undefined
}

/** The value with a text in its place; what holds it is copied. */
function put(value: unknown, path: readonly string[], at: number, text: string): unknown {
  const key = path[at]
  if (key === undefined) return text
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>
  copy[key] = put(copy[key], path, at + 1, text)
  return copy
}

/** `startsWith` takes four times as long. */
function isAt(data: string, from: number, to: number, part: string): boolean {
  return data.slice(from, to) === part
}

/** No escape, no control character: as JSON has it, it stands for itself. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code === backslash) return false
  }
  return true
}

const backslash = 0x5c

/** Two events without escapes, the second cut at its quotes: every other part is a text. */
function patternOf(event: string, next: string): Pattern | undefined {
  if (next.includes('\\') || next.includes(mark)) return undefined
  const theirs = event.split('"')
  const parts = next.split('"')
  if (parts.length !== theirs.length) return undefined
  const differ = parts.flatMap((part, i) => (part === theirs[i] ? [] : [i]))
  if (differ.length === 0 || differ.length > gapsMax || differ.some((i) => i % 2 === 0)) return undefined
  for (const i of differ) parts[i] = mark + i
  const body: unknown = JSON.parse(parts.join('"'))
  const gaps: Gap[] = []
  let from = 0
  for (const i of differ) {
    const path = pathTo(mark + i, body)
    // A name, or a member that another one of its name replaced.
    if (!path) return undefined
    gaps.push({ before: cut(parts, from, i), path })
    from = i + 1
  }
  return { gaps, tail: cut(parts, from, parts.length).slice(0, -1), body }
}

/** What stands between two texts, quotes included. */
function cut(parts: readonly string[], from: number, to: number): string {
  return `${from === 0 ? '' : '"'}${parts.slice(from, to).join('"')}"`
}

const mark = 'the text of an event: '

/** Where a text stands as a value. */
function pathTo(text: string, value: unknown): readonly string[] | undefined {
  if (value === text) return []
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, member] of Object.entries(value)) {
    const path = pathTo(text, member)
    if (path) return [key, ...path]
  }
  return undefined
}
