import type { DriftFeature, DriftPolicy } from '../../kernel/contract-policies.ts'
import { featuresMax } from '../../kernel/drift-features.ts'
import type { Violation } from '../../kernel/errors.ts'
import { pathKeys, propertyOf, typesOf } from '../../kernel/schema/facets.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import type { Schema, SchemaType } from '../../kernel/schema/schema.ts'
import { taskTable } from '../../kernel/tasks.ts'
import { withoutUndefined } from '../operations/without-undefined.ts'
import { closed, duration } from './forms.ts'
import type { FaultAt, ManifestContract, Place } from './manifest.ts'
import { longDurationText, parseLongDuration } from './quantities.ts'

/** How a contract's live inputs and outputs are held against those of a reference, as people write it; `{}` is enough. */
export interface ManifestDrift {
  readonly window?: string
  /** Days, or so many first values of each version. */
  readonly reference?: { readonly from?: string; readonly to?: string; readonly first?: number }
  readonly features?: Readonly<Record<string, DriftFeature>>
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const windowDaysMax = 30
/** Hours are kept for so long; a reference stays. */
const usual = { windowMs: dayMs, first: 1000 } as const

const date: Schema = { type: 'string', format: 'date' }
const namePattern = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/

export const driftForm: Schema = {
  // `drift:` with nothing behind it is null.
  examples: [{}],
  ...closed(
    {},
    {
      window: { ...duration, examples: ['1d'] },
      reference: closed({}, { from: date, to: date, first: { type: 'integer', minimum: 100, maximum: 1_000_000 } }),
      features: {
        type: 'object',
        additionalProperties: closed({
          of: { type: 'string', enum: ['input', 'output'] },
          at: { type: 'string', maxLength: 200 },
          as: { type: 'string', enum: ['length', 'number', 'probability', 'category'] },
        }),
        minProperties: 1,
        maxProperties: featuresMax,
      },
    },
  ),
}

/** What the form cannot say of it. */
export function driftFaults(contract: ManifestContract, at: Place, faultAt: FaultAt): Violation[] {
  const { drift } = contract
  if (!drift) return []
  const place = [...at, 'drift']
  const { window, reference, features = {} } = drift
  const ms = window === undefined ? usual.windowMs : parseLongDuration(window)
  const faults: Violation[] = []
  if (ms === undefined || ms < hourMs || ms > windowDaysMax * dayMs) {
    faults.push(faultAt([...place, 'window'], `must be a duration such as 6h or 1d, from 1h to ${windowDaysMax}d`))
  }
  const wrong = reference && referenceFault(reference)
  if (wrong) faults.push(faultAt([...place, 'reference', ...wrong.at], wrong.message, wrong.suggestion))
  return [
    ...faults,
    ...Object.entries(features).flatMap(([name, feature]) =>
      featureFaults(name, feature, contract, [...place, 'features', name], faultAt),
    ),
  ]
}

interface Wrong {
  readonly at: Place
  readonly message: string
  readonly suggestion?: string
}

/** ISO dates sort as text. */
function referenceFault({ from, to, first }: NonNullable<ManifestDrift['reference']>): Wrong | undefined {
  const both = 'Say "from" and "to" for days, or "first" for so many first values of each version.'
  if (first !== undefined && (from !== undefined || to !== undefined)) {
    return { at: [], message: 'is either days or first values, not both', suggestion: both }
  }
  if (first === undefined && (from === undefined || to === undefined)) {
    return { at: [], message: 'needs both "from" and "to", or "first"', suggestion: both }
  }
  if (from !== undefined && to !== undefined && from > to)
    return { at: ['to'], message: `must not come before ${from}` }
  return undefined
}

function featureFaults(
  name: string,
  { of, at, as }: DriftFeature,
  contract: ManifestContract,
  place: Place,
  faultAt: FaultAt,
): Violation[] {
  if (!namePattern.test(name)) {
    return [faultAt(place, 'must begin with a letter and hold letters, digits, ".", "_" and "-", at most 64')]
  }
  if (at !== '' && !at.startsWith('/')) {
    return [faultAt([...place, 'at'], 'must be a JSON Pointer, or "" for the whole', `Write "/${at}".`)]
  }
  const found = schemaAt(schemaOf(contract, of), pathKeys(at))
  if (!found) return []
  if ('unknown' in found) {
    const { suggestion } = didYouMean(found.unknown, found.known)
    const fields = found.known.length > 0 ? `; there are ${found.known.slice(0, 10).join(', ')}` : ''
    return [faultAt([...place, 'at'], `names no field of the ${of}: "${found.unknown}"${fields}`, suggestion)]
  }
  const types = typesOf(found.schema)
  if (!types || types.some((type) => countable[as].includes(type))) return []
  const others = uses.filter((use) => types.some((type) => countable[use].includes(type)))
  const advice = others.length > 0 ? `Write as: ${others.join(' or as: ')}.` : 'Name a field within it.'
  return [faultAt([...place, 'as'], `does not fit: the field is ${types.join(' or ')}`, advice)]
}

const uses = ['length', 'number', 'probability', 'category'] as const
const countable: Readonly<Record<DriftFeature['as'], readonly SchemaType[]>> = {
  length: ['string', 'array'],
  number: ['number', 'integer'],
  probability: ['number', 'integer'],
  category: ['string', 'boolean', 'number', 'integer', 'null'],
}

/** Undefined where only the first version's tensors say it. */
function schemaOf(contract: ManifestContract, of: DriftFeature['of']): Schema | undefined {
  const { task = 'custom', labels, dimensions } = contract
  if (of === 'input') return contract.input ?? taskTable[task].input
  return contract.output ?? taskTable[task].output(withoutUndefined({ labels, dimensions }))
}

type FoundSchema = { readonly schema: Schema } | { readonly unknown: string; readonly known: readonly string[] }

/** Undefined where alternatives, maps or tuples stand in between: what is there depends on the value. */
function schemaAt(schema: Schema | undefined, keys: readonly string[]): FoundSchema | undefined {
  if (!schema || schema.oneOf) return undefined
  const [key, ...rest] = keys
  if (key === undefined) return { schema }
  if (schema.items) return schemaAt(schema.items, rest)
  if (schema.prefixItems || !schema.properties) return undefined
  const child = propertyOf(schema, key)
  if (child) return schemaAt(child, rest)
  if (schema.additionalProperties) return undefined
  return { unknown: key, known: Object.keys(schema.properties) }
}

export function driftPolicyOf({ window, reference = {}, features }: ManifestDrift): DriftPolicy {
  const { from, to, first = usual.first } = reference
  return withoutUndefined({
    windowMs: (window === undefined ? undefined : parseLongDuration(window)) ?? usual.windowMs,
    reference: from === undefined || to === undefined ? undefined : { from, to },
    first,
    features,
  })
}

export function driftOut({ windowMs, reference, first, features }: DriftPolicy): ManifestDrift {
  return withoutUndefined({
    window: windowMs === usual.windowMs ? undefined : longDurationText(windowMs),
    reference: reference ?? (first === usual.first ? undefined : { first }),
    features,
  })
}

/** For people, in the words of the manifest. */
export function driftText({ windowMs, reference, first, features }: DriftPolicy): string {
  const days = reference && `${reference.from} to ${reference.to}`
  const named = Object.entries(features ?? {}).map(([name, { of, at, as }]) => `${name} (${as} of ${of}${at})`)
  return [
    `${longDurationText(windowMs)} against ${days ?? `the first ${first} values of each version`}`,
    ...(features ? [`features: ${named.join(', ')}`] : []),
  ].join('; ')
}
