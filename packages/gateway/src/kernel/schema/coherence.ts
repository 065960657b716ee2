import type { Violation } from '../errors.ts'
import { choicesOf, disjoint } from './disjoint.ts'
import { childPath, propertyOf, typesOf } from './facets.ts'
import { formatTable } from './formats.ts'
import { keywordTable } from './keywords.ts'
import { didYouMean } from './nearest.ts'
import { patternFault } from './pattern.ts'
import type { Schema } from './schema.ts'
import { fitsType, typeWords } from './types.ts'

/** Where the keywords of one schema, each fine by itself, do not go together. */
export function coherenceFaults(schema: Schema, path: string): Violation[] {
  const faults = schema.oneOf ? alternatives(schema, schema.oneOf) : [...typing(schema), ...choices(schema)]
  return [...faults, ...bounds(schema), ...fields(schema), ...elements(schema), ...texts(schema)].map(
    ({ path: below, ...fault }) => ({ path: path + below, ...fault }),
  )
}

/** One that decides anything says its type, and uses that type's keywords only. */
function typing(schema: Schema): Violation[] {
  const types = typesOf(schema)
  const deciding = entriesOf(schema).filter(([name]) => !keywordTable[name].annotates)
  const [first] = deciding
  if (!types) {
    return first ? [{ path: '', message: `needs a type beside ${first[0]}`, suggestion: typeAdvice(schema) }] : []
  }
  return deciding.flatMap(([name]) => {
    const speaksOf = keywordTable[name].types
    if (!speaksOf || speaksOf.some((type) => types.includes(type))) return []
    return [{ path: childPath('', name), message: `has no meaning for ${words(types)}` }]
  })
}

function typeAdvice(schema: Schema): string {
  const spoken = entriesOf(schema).flatMap(([name]) => keywordTable[name].types ?? [])
  const [choice] = choicesOf(schema) ?? []
  const [type = choice === undefined ? 'string' : typeof choice] = spoken
  return `Add type: ${type}`
}

function words(types: readonly (keyof typeof typeWords)[]): string {
  return types.map((type) => typeWords[type]).join(' or ')
}

function choices(schema: Schema): Violation[] {
  const name = schema.const === undefined ? 'enum' : 'const'
  if (schema.const !== undefined && schema.enum) {
    return [{ path: '/enum', message: 'cannot stand beside const', suggestion: 'Leave one of them out.' }]
  }
  return (choicesOf(schema) ?? [])
    .filter((choice) => !fitsType(schema, choice))
    .map((choice) => ({ path: `/${name}`, message: `${JSON.stringify(choice)} is not of the type` }))
}

/** Values that fit two forms fit neither, and so forms must be told apart for sure. */
function alternatives(schema: Schema, forms: readonly Schema[]): Violation[] {
  const beside = entriesOf(schema).filter(
    ([name]) => name !== 'oneOf' && (name === 'type' || !keywordTable[name].annotates),
  )
  const faults: Violation[] = beside.map(([name]) => ({
    path: childPath('', name),
    message: 'cannot stand beside oneOf',
    suggestion: 'Move it into each of the forms.',
  }))
  for (const [index, form] of forms.entries()) {
    const alike = forms.findIndex((other, at) => at < index && !disjoint(form, other))
    if (alike < 0) continue
    faults.push({
      path: `/oneOf/${index}`,
      message: `may not be told apart from form ${alike}: a value could fit both`,
      suggestion: 'Give each a different type, or a required field with a const of its own.',
    })
  }
  return faults
}

const pairs = [
  ['minLength', 'maxLength'],
  ['minItems', 'maxItems'],
  ['minProperties', 'maxProperties'],
  ['minimum', 'maximum'],
  ['minimum', 'exclusiveMaximum'],
  ['exclusiveMinimum', 'maximum'],
  ['exclusiveMinimum', 'exclusiveMaximum'],
] as const

function bounds(schema: Schema): Violation[] {
  return pairs.flatMap(([low, high]) => {
    const [from, to] = [schema[low], schema[high]]
    if (from === undefined || to === undefined || from < to) return []
    if (from === to && !low.startsWith('exclusive') && !high.startsWith('exclusive')) return []
    return [{ path: `/${low}`, message: `leaves nothing below ${high} ${to}` }]
  })
}

function fields(schema: Schema): Violation[] {
  const { properties = {}, required = [] } = schema
  const names = Object.keys(properties)
  const unknown = required.flatMap((name, index) =>
    propertyOf(schema, name)
      ? []
      : [{ path: `/required/${index}`, message: `names no property: "${name}"`, ...didYouMean(name, names) }],
  )
  const hostile = names.includes('__proto__')
    ? [{ path: '/properties/__proto__', message: 'is a name with a meaning of its own in JavaScript' }]
    : []
  return [...unknown, ...hostile]
}

function elements({ items, prefixItems }: Schema): Violation[] {
  if (!items || !prefixItems) return []
  const suggestion = 'A list of any length has items; a tuple has prefixItems, and no more elements than those.'
  return [{ path: '/items', message: 'cannot stand beside prefixItems', suggestion }]
}

function texts(schema: Schema): Violation[] {
  const fault = schema.pattern === undefined ? undefined : patternFault(schema.pattern)
  const faults: Violation[] = fault ? [{ path: '/pattern', ...fault }] : []
  const types = typesOf(schema)
  if (schema.format === undefined || !types) return faults
  const [wanted, other] = formatTable[schema.format].numeric ? ['integer', 'string'] : ['string', 'integer']
  if (!types.some((type) => type === other) || types.some((type) => type === wanted)) return faults
  return [...faults, { path: '/format', message: `${schema.format} has no meaning for ${words(types)}` }]
}

function entriesOf(schema: Schema): [keyof Schema, unknown][] {
  return Object.entries(schema) as [keyof Schema, unknown][]
}
