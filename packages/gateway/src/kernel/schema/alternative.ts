import type { Violation } from '../errors.ts'
import { childPath, isJsonObject, propertyOf } from './facets.ts'
import { didYouMean } from './nearest.ts'
import type { Schema } from './schema.ts'
import { fitsType, typeFault } from './types.ts'

/**
 * Of the alternatives of a `oneOf`, those that a value which fits none was probably meant to be: told by its JSON type, then
 * by a field that each alternative fixes to a constant ("type"). Or the one violation that says all there is to say.
 */
export function likeliestOf(branches: readonly Schema[], value: unknown, path: string): Likely {
  const typed = branches.filter((branch) => branch.oneOf || fitsType(branch, value))
  if (typed.length === 0) {
    return { violation: { path, message: typeFault(branches, value), ...choicesOf(branches.flatMap(wordsOf)) } }
  }
  const field = isJsonObject(value) ? discriminatorOf(typed) : undefined
  if (field === undefined || !isJsonObject(value)) return { branches: typed }
  const given = Object.hasOwn(value, field) ? value[field] : undefined
  const named = typed.filter((branch) => propertyOf(branch, field)?.const === given)
  if (given !== undefined && named.length > 0) return { branches: named }
  return { violation: unknownForm(typed, field, given, childPath(path, field)) }
}

function wordsOf({ enum: choices = [] }: Schema): readonly unknown[] {
  return choices
}

/** What may stand here, where the value is of another type altogether and there is little to choose from. */
export function choicesOf(choices: readonly unknown[]): Pick<Violation, 'suggestion'> {
  if (choices.length === 0 || choices.length > choicesListedMax) return {}
  return { suggestion: `Write ${choices.map((choice) => JSON.stringify(choice)).join(' or ')}.` }
}

const choicesListedMax = 5

export type Likely = { readonly branches: readonly Schema[] } | { readonly violation: Violation }

/** A field that every alternative requires and fixes to a constant. */
function discriminatorOf(branches: readonly Schema[]): string | undefined {
  const [first] = branches
  if (!first || branches.length < 2) return undefined
  return first.required?.find((name) =>
    branches.every((branch) => branch.required?.includes(name) && propertyOf(branch, name)?.const !== undefined),
  )
}

function unknownForm(branches: readonly Schema[], field: string, given: unknown, path: string): Violation {
  const known = branches.map((branch) => propertyOf(branch, field)?.const)
  const listed = known.map((value) => JSON.stringify(value)).join(', ')
  if (given === undefined) return { path, message: `is missing: it must be one of ${listed}` }
  const words = known.filter((value) => typeof value === 'string')
  return { path, message: `must be one of ${listed}`, ...(typeof given === 'string' ? didYouMean(given, words) : {}) }
}
