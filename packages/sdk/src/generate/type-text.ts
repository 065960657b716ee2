import { docComment, schemaDoc } from './doc-comment.ts'
import { literal, propertyKey } from './literal.ts'
import type { Schema, SchemaType } from './schema.ts'

export interface TypeStyle {
  /** Inputs take readonly lists as well; outputs are the caller's own, to change as they like. */
  readonly lists: 'readonly' | 'mutable'
}

/** The TypeScript type of a schema; `indent` is that of the line it begins in. */
export function typeText(schema: Schema, style: TypeStyle, indent = ''): string {
  const { type, enum: values, const: only, oneOf, properties } = schema
  if (only !== undefined) return literal(only)
  if (values) return union(values.map(literal))
  if (oneOf) {
    const branches = union(oneOf.map((branch) => typeText(branch, style, indent)))
    return properties ? `${objectText(schema, style, indent)} & (${branches})` : branches
  }
  const named = type ?? (properties ? 'object' : undefined)
  if (named === undefined) return 'unknown'
  const [main, orNull] = typeof named === 'string' ? [named] : named
  return union([texts[main](schema, style, indent), ...(orNull ? ['null'] : [])])
}

type Text = (schema: Schema, style: TypeStyle, indent: string) => string

const texts: Readonly<Record<SchemaType, Text>> = {
  object: objectText,
  array: arrayText,
  string: () => 'string',
  number: () => 'number',
  integer: () => 'number',
  boolean: () => 'boolean',
  null: () => 'null',
}

function objectText(schema: Schema, style: TypeStyle, indent: string): string {
  const { properties = {}, required = [], additionalProperties: additional = !schema.properties } = schema
  const inner = `${indent}  `
  const fields = Object.entries(properties).map(([name, property]) => {
    const key = `${propertyKey(name)}${required.includes(name) ? '' : '?'}`
    return `${docComment(schemaDoc(property), inner)}${inner}${key}: ${typeText(property, style, inner)}\n`
  })
  if (additional === false) return fields.length === 0 ? 'Record<string, never>' : `{\n${fields.join('')}${indent}}`
  // TypeScript wants named fields to fit the index signature too, which JSON Schema does not: the named win.
  const wide = additional === true || fields.length > 0
  const others = wide ? 'unknown' : typeText(additional, style, inner)
  return fields.length === 0
    ? `Record<string, ${others}>`
    : `{\n${fields.join('')}${inner}[name: string]: ${others}\n${indent}}`
}

function arrayText({ items, prefixItems, minItems = 0 }: Schema, style: TypeStyle, indent: string): string {
  const readonly = style.lists === 'readonly'
  if (prefixItems) {
    const places = prefixItems.map((place, i) => {
      const text = typeText(place, style, indent)
      return i < minItems ? text : `${plain.test(text) ? text : `(${text})`}?`
    })
    return `${readonly ? 'readonly ' : ''}[${places.join(', ')}]`
  }
  const item = items ? typeText(items, style, indent) : 'unknown'
  if (plain.test(item)) return `${readonly ? 'readonly ' : ''}${item}[]`
  return `${readonly ? 'ReadonlyArray' : 'Array'}<${item}>`
}

function union(texts: readonly string[]): string {
  return [...new Set(texts)].join(' | ')
}

/** Text that a postfix binds to as a whole. */
const plain = /^\w+$/
