/** For tests: reads markup as strictly as XML is read, and gives the names and attributes of its elements. Throws where it is not well-formed. */
export function readMarkup(text: string): readonly Element[] {
  const found: Element[] = []
  const open: string[] = []
  const body = text.replace(/^<!doctype html>\n/, '')
  const token = /<(\/?)([A-Za-z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y
  let at = 0
  while (at < body.length) {
    token.lastIndex = at
    const match = token.exec(body)
    if (!match) throw new Error(`no markup at ${at}: ${body.slice(at, at + 80)}`)
    at = token.lastIndex
    const [, closing, name = '', attributes = '', alone, words] = match
    const entity = /&(?!(?:amp|lt|gt|quot|#39);)/.exec(words ?? attributes)
    if (entity) throw new Error(`a bare & in ${(words ?? attributes).slice(0, 80)}`)
    if (words !== undefined) {
      if (open.length === 0 && words.trim() !== '') throw new Error(`text outside: ${words}`)
      continue
    }
    if (closing) {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing`)
      continue
    }
    const pairs = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(
      ([, key = '', value = '']) => [key, value] as const,
    )
    if (new Set(pairs.map(([key]) => key)).size < pairs.length) throw new Error(`${name} has an attribute twice`)
    found.push({ name, attributes: Object.fromEntries(pairs) })
    if (!alone) open.push(name)
  }
  if (open.length > 0) throw new Error(`left open: ${open}`)
  return found
}

export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
}
