import { fits } from './explain.ts'
import { additionalOf, isJsonObject, propertyOf } from './facets.ts'
import type { Schema } from './schema.ts'

/**
 * Takes the fields that no schema declares out of `value`, in place: a model may answer more than its contract says, and
 * what it says more must not become something that callers rely on.
 */
export function stripUndeclared(schema: Schema, value: unknown): void {
  if (schema.oneOf) {
    const branch = branchFor(schema.oneOf, value)
    if (branch) stripUndeclared(branch, value)
  } else if (Array.isArray(value)) {
    const { items, prefixItems } = schema
    for (const [index, item] of value.entries()) {
      const element = prefixItems ? prefixItems[index] : items
      if (element) stripUndeclared(element, item)
    }
  } else if (isJsonObject(value)) {
    stripObject(schema, value)
  }
}

function stripObject(schema: Schema, value: Record<string, unknown>) {
  const additional = additionalOf(schema)
  for (const name of Object.keys(value)) {
    const field = propertyOf(schema, name) ?? additional
    if (field === false) delete value[name]
    else if (field !== true) stripUndeclared(field, value[name])
  }
}

/** The alternative that the value is, as it stands or once undeclared fields are passed over. */
function branchFor(branches: readonly Schema[], value: unknown): Schema | undefined {
  return (
    branches.find((branch) => fits(branch, value)) ?? branches.find((branch) => fits(branch, value, { open: true }))
  )
}
