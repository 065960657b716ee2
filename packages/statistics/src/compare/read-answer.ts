/** What an answer can be compared as. */
export interface ReadAnswer {
  readonly label?: string | number | boolean | null
  /** Of the label. */
  readonly score?: number
  readonly number?: number
  readonly vector?: readonly number[]
  readonly text?: string
  /** In place of the answer where it is compared as JSON. */
  readonly json?: unknown
}

export interface SchemaHint {
  readonly type?: unknown
  readonly enum?: unknown
}

/**
 * Reads an answer by its shape; the shapes are those of the tasks. Objects with other fields than these are compared as JSON,
 * as no field may be passed over.
 *
 * | answer | read as |
 * |---|---|
 * | `{ label, score? }`, a moderation; a boolean or null; a scalar whose schema is an enumeration or an integer | label |
 * | a number, `{ value }` | number |
 * | `{ embedding }` | vector |
 * | a string, `{ text, finishReason? }`, a chat whose first choice calls no tool | text |
 * | a chat whose first choice calls tools | JSON: text, tools and arguments, without ids |
 */
export function readAnswer(answer: unknown, schema: SchemaHint = {}): ReadAnswer {
  if (typeof answer === 'boolean' || answer === null) return { label: answer }
  if (typeof answer === 'string' || typeof answer === 'number') {
    if (Array.isArray(schema.enum) || schema.type === 'integer') return { label: answer }
    return typeof answer === 'string' ? { text: answer } : { number: answer }
  }
  if (!isObject(answer)) return {}
  const shape = shapes.find(({ fields: [first] }) => Object.hasOwn(answer, first))
  if (!shape || !Object.keys(answer).every((name) => shape.fields.includes(name))) return {}
  return shape.read(answer) ?? {}
}

type Fields = Readonly<Record<string, unknown>>

interface Shape {
  /** The first must be there, no others may. */
  readonly fields: readonly [string, ...string[]]
  readonly read: (answer: Fields) => ReadAnswer | undefined
}

const shapes: readonly Shape[] = [
  {
    fields: ['label', 'score'],
    read: ({ label, score }) =>
      isScalar(label) ? { label, ...(typeof score === 'number' ? { score } : {}) } : undefined,
  },
  {
    fields: ['flagged', 'categories', 'scores'],
    read: ({ flagged }) => (typeof flagged === 'boolean' ? { label: flagged } : undefined),
  },
  { fields: ['value'], read: ({ value }) => (typeof value === 'number' ? { number: value } : undefined) },
  { fields: ['embedding'], read: ({ embedding }) => (isVector(embedding) ? { vector: embedding } : undefined) },
  { fields: ['text', 'finishReason'], read: ({ text }) => (typeof text === 'string' ? { text } : undefined) },
  { fields: ['choices'], read: ({ choices }) => (Array.isArray(choices) ? readChoice(choices[0]) : undefined) },
]

/** What a chat says and calls, without its reasoning; ids and signatures, which always differ, are left out. */
function readChoice(choice: unknown): ReadAnswer | undefined {
  if (!isObject(choice) || !Array.isArray(choice.content)) return undefined
  const parts = choice.content.filter(isObject)
  const text = parts.flatMap((part) => (part.type === 'text' && typeof part.text === 'string' ? [part.text] : []))
  const calls = parts
    .filter((part) => part.type === 'tool-call')
    .map(({ tool, arguments: json }) => ({ tool, arguments: parsed(json) }))
  const said = { text: text.join('\n') }
  return calls.length === 0 ? { ...said, json: { ...said, calls } } : { json: { ...said, calls } }
}

/** A model's JSON may be none; a very long one is compared as text. */
function parsed(json: unknown): unknown {
  if (typeof json !== 'string' || json.length > 100_000) return json
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'number')
}
