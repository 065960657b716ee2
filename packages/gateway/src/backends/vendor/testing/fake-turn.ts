/** What a fake vendor understands of a request, whichever protocol it came in by, and what its model says to it. */
export interface FakeTurn {
  readonly model: string
  readonly stream: boolean
  /** The last thing that the user said. */
  readonly text: string
  readonly inputTokens: number
  readonly says: FakeSaying
}

/** Words keep the white space after them: joined together they are the text. */
export type FakeSaying =
  | { readonly words: readonly string[] }
  | { readonly tool: string; readonly arguments: Readonly<Record<string, unknown>> }

export type Json = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Of a content, as text or as a list of parts, the texts. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .filter(isObject)
    .map((part) => (typeof part.text === 'string' ? part.text : 'content' in part ? textOf(part.content) : ''))
    .join('')
}

export interface Heard {
  readonly body: Json
  readonly text: string
  /** What a tool gave back, where that was the last thing said. */
  readonly toolResult: string | undefined
  /** The first tool on offer. */
  readonly tool: string | undefined
  /** The answer's form, where one was asked for; `true`: any JSON. */
  readonly schema: unknown
}

/** Echoes the last user text; calls the first tool when told to "use the tool"; answers in the form that was asked for. */
export function hear({ body, text, toolResult, tool, schema }: Heard): FakeTurn {
  return {
    model: String(body.model),
    stream: body.stream === true,
    text,
    inputTokens: wordsOf(JSON.stringify(body)).length,
    says: saying(text, toolResult, tool, schema),
  }
}

function saying(text: string, toolResult: string | undefined, tool: string | undefined, schema: unknown): FakeSaying {
  if (toolResult !== undefined) return { words: wordsOf(`The tool said ${toolResult}`) }
  if (tool !== undefined && text.includes('use the tool')) return { tool, arguments: { city: 'Paris' } }
  if (schema !== undefined)
    return { words: wordsOf(JSON.stringify(schema === true ? { ok: true } : instanceOf(schema))) }
  return { words: wordsOf(text) }
}

export function wordsOf(text: string): readonly string[] {
  return text.match(/^\s+|\S+\s*/g) ?? []
}

export function outputTokensOf(says: FakeSaying): number {
  return 'words' in says ? says.words.length : 7
}

/** The smallest value that fits a JSON Schema, as far as the words for structured outputs go. */
export function instanceOf(schema: unknown, root: unknown = schema): unknown {
  if (!isObject(schema)) return null
  if (typeof schema.$ref === 'string') return instanceOf(resolve(schema.$ref, root), root)
  if ('const' in schema) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0]
  const alternatives = schema.oneOf ?? schema.anyOf
  if (Array.isArray(alternatives)) return instanceOf(alternatives[0], root)
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  return makers[String(type)]?.(schema, root) ?? null
}

const makers: Readonly<Record<string, (schema: Json, root: unknown) => unknown>> = {
  object: ({ properties }, root) =>
    Object.fromEntries(
      Object.entries(isObject(properties) ? properties : {}).map(([name, field]) => [name, instanceOf(field, root)]),
    ),
  array: ({ items, minItems }, root) =>
    Array.from({ length: Math.max(Number(minItems ?? 1), 1) }, () => instanceOf(items, root)),
  string: ({ minLength }) => 'text'.padEnd(Number(minLength ?? 0), '.'),
  integer: ({ minimum }) => Math.ceil(Number(minimum ?? 1)),
  number: ({ minimum, maximum }) => Number(minimum ?? maximum ?? 0.5),
  boolean: () => true,
}

function resolve(pointer: string, root: unknown): unknown {
  let place = root
  for (const key of pointer.split('/').slice(1)) place = isObject(place) ? place[key] : undefined
  return place
}
