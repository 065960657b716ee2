/**
 * Whether OpenAI can keep a schema strictly: an object in which every object lists its fields, all of them required, and takes no
 * others, in the keywords that strict mode knows. Asked for strictness, it refuses any other schema; not asked, it only tries to keep
 * the schema.
 */
export function isStrict(schema: object): boolean {
  return 'type' in schema && schema.type === 'object' && isStrictNode(schema)
}

function isStrictNode(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const node = value as Node
  const ofObjects = node.properties !== undefined || typesOf(node).includes('object')
  return (
    (!ofObjects || isClosed(node)) && Object.entries(node).every(([word, held]) => keywords.get(word)?.(held) ?? false)
  )
}

type Node = Readonly<Record<string, unknown>>

const anything = () => true
const byName = (held: unknown) => typeof held === 'object' && held !== null && Object.values(held).every(isStrictNode)
const formats: readonly unknown[] = [
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
]

/** What each keyword may hold. */
const keywords: ReadonlyMap<string, (held: unknown) => boolean> = new Map([
  ...['type', 'required', 'enum', 'const', 'title', 'description', '$ref'].map((word) => [word, anything] as const),
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'].map(
    (word) => [word, anything] as const,
  ),
  ...['pattern', 'minItems', 'maxItems'].map((word) => [word, anything] as const),
  ['format', (held) => formats.includes(held)],
  ['additionalProperties', (held) => held === false],
  ['properties', byName],
  ['$defs', byName],
  ['items', isStrictNode],
  ['anyOf', (held) => Array.isArray(held) && held.every(isStrictNode)],
])

function typesOf({ type }: Node): readonly unknown[] {
  return Array.isArray(type) ? type : [type]
}

function isClosed({ properties, required, additionalProperties }: Node): boolean {
  const names = Object.keys(typeof properties === 'object' && properties !== null ? properties : {})
  return additionalProperties === false && names.every((name) => Array.isArray(required) && required.includes(name))
}
