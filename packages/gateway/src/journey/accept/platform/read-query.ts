import type { Operation } from '../../../kernel/operation.ts'
import type { Schema } from '../../../kernel/schema/schema.ts'

/** A query string as the operation's input: text becomes what the input schema says its field is; the rest stays text. */
export function readQuery(operation: Operation, query: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { properties = {} } = operation.input as Schema
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, convert(value, properties[name]?.type)]),
  )
}

/** What does not convert stays as it is, for validation to name. */
function convert(value: unknown, type: Schema['type']): unknown {
  if (type === 'array') return (Array.isArray(value) ? value : [value]).flatMap((text) => String(text).split(','))
  if (typeof value !== 'string') return value
  if (type === 'integer' || type === 'number')
    return value.trim() === '' || Number.isNaN(Number(value)) ? value : Number(value)
  if (type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value
  return value
}
