import { fits } from './explain.ts'
import { additionalOf, propertyOf, typesOf } from './facets.ts'
import type { Schema } from './schema.ts'

/**
 * Whether no value fits both, as far as can be told from types, constants, and fields that one requires and the other
 * refuses. With `open`, fields that a schema does not declare count as passed over rather than refused.
 */
export function disjoint(a: Schema, b: Schema, open = false): boolean {
  if (a.oneOf) return a.oneOf.every((branch) => disjoint(branch, b, open))
  if (b.oneOf) return b.oneOf.every((branch) => disjoint(a, branch, open))
  if (disjointTypes(a, b)) return true
  const finite = choicesOf(a)
  if (finite) return finite.every((value) => !fits(a, value) || !fits(b, value))
  if (choicesOf(b)) return disjoint(b, a, open)
  const onlyObjects = typesOf(a)?.join() === 'object' || typesOf(b)?.join() === 'object'
  return onlyObjects && (excludes(a, b, open) || excludes(b, a, open))
}

/** The only values that may fit, where they can be listed. */
export function choicesOf(schema: Schema): readonly unknown[] | undefined {
  return schema.const === undefined ? schema.enum : [schema.const]
}

function disjointTypes(a: Schema, b: Schema): boolean {
  const [typesA, typesB] = [typesOf(a), typesOf(b)]
  if (!typesA || !typesB) return false
  const wide = new Set<string>(typesB.map((type) => (type === 'integer' ? 'number' : type)))
  return typesA.every((type) => !wide.has(type === 'integer' ? 'number' : type))
}

/** Whether `a` requires a field that `b` never has in that form. */
function excludes(a: Schema, b: Schema, open: boolean): boolean {
  return (a.required ?? []).some((name) => {
    const inA = fieldOf(a, name)
    const inB = open ? (propertyOf(b, name) ?? (additionalOf(b) || {})) : fieldOf(b, name)
    if (inB === false) return true
    return typeof inA === 'object' && typeof inB === 'object' && disjoint(inA, inB, open)
  })
}

function fieldOf(schema: Schema, name: string): boolean | Schema {
  return propertyOf(schema, name) ?? additionalOf(schema)
}
