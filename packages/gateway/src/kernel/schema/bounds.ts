import { additionalOf, propertyOf, typesOf } from './facets.ts'
import type { Schema } from './schema.ts'

/** The keywords by which `wide` may refuse what `narrow`, of the same kind, allows. */
export function boundFaults(narrow: Schema, wide: Schema): BoundFault[] {
  const counts: readonly [keyof Schema, number | undefined, number | undefined][] = [
    ['minLength', narrow.minLength ?? 0, wide.minLength],
    ['minItems', narrow.minItems ?? 0, wide.minItems],
    ['minProperties', fieldsMin(narrow, wide), wide.minProperties],
  ]
  const ceilings: typeof counts = [
    ['maxLength', narrow.maxLength, wide.maxLength],
    ['maxItems', least(narrow.maxItems, narrow.prefixItems?.length), least(wide.maxItems, wide.prefixItems?.length)],
    ['maxProperties', fieldsMax(narrow, wide), wide.maxProperties],
  ]
  return [
    ...counts.flatMap(([keyword, own = 0, bound = 0]) => (own >= bound ? [] : [fault(keyword, own, bound)])),
    ...ceilings.flatMap(([keyword, own, bound]) => {
      return bound === undefined || (own !== undefined && own <= bound) ? [] : [fault(keyword, own, bound)]
    }),
    ...numberFaults(narrow, wide),
    ...same('pattern', narrow, wide),
    ...same('format', narrow, wide),
  ]
}

export interface BoundFault {
  readonly keyword: keyof Schema
  /** What the keyword is on either side, in words. */
  readonly narrow: string
  readonly wide: string
}

function fault(keyword: keyof Schema, narrow: unknown, wide: unknown): BoundFault {
  const words = (bound: unknown) => (bound === undefined ? `no ${keyword}` : `${keyword} ${bound}`)
  return { keyword, narrow: words(narrow), wide: words(wide) }
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}

/** The fewest fields that a value of the narrow schema has, those aside that a closed wide schema passes over. */
function fieldsMin(narrow: Schema, wide: Schema): number {
  const { minProperties = 0, required = [] } = narrow
  const kept = keptBy(wide, Object.keys(narrow.properties ?? {}))
  const all = additionalOf(wide) !== false || kept.length === Object.keys(narrow.properties ?? {}).length
  return all ? Math.max(minProperties, required.length) : keptBy(wide, required).length
}

function fieldsMax(narrow: Schema, wide: Schema): number | undefined {
  if (additionalOf(narrow) !== false) return narrow.maxProperties
  return least(narrow.maxProperties, keptBy(wide, Object.keys(narrow.properties ?? {})).length)
}

function keptBy(wide: Schema, names: readonly string[]): readonly string[] {
  return additionalOf(wide) === false ? names.filter((name) => propertyOf(wide, name)) : names
}

function numberFaults(narrow: Schema, wide: Schema): BoundFault[] {
  const [low, lowWide] = [lowest(narrow), lowest(wide)]
  const [high, highWide] = [highest(narrow), highest(wide)]
  const lowFits = low.at > lowWide.at || (low.at === lowWide.at && (low.excluded || !lowWide.excluded))
  const highFits = high.at < highWide.at || (high.at === highWide.at && (high.excluded || !highWide.excluded))
  return [
    ...(lowFits ? [] : [fault(lowWide.keyword, narrow[low.keyword], wide[lowWide.keyword])]),
    ...(highFits ? [] : [fault(highWide.keyword, narrow[high.keyword], wide[highWide.keyword])]),
    ...(multipleFits(narrow, wide) ? [] : [fault('multipleOf', narrow.multipleOf, wide.multipleOf)]),
  ]
}

interface End {
  readonly keyword: keyof Schema
  readonly at: number
  readonly excluded: boolean
}

function lowest({ minimum = Number.NEGATIVE_INFINITY, exclusiveMinimum = Number.NEGATIVE_INFINITY }: Schema): End {
  return exclusiveMinimum >= minimum && exclusiveMinimum > Number.NEGATIVE_INFINITY
    ? { keyword: 'exclusiveMinimum', at: exclusiveMinimum, excluded: true }
    : { keyword: 'minimum', at: minimum, excluded: false }
}

function highest({ maximum = Number.POSITIVE_INFINITY, exclusiveMaximum = Number.POSITIVE_INFINITY }: Schema): End {
  return exclusiveMaximum <= maximum && exclusiveMaximum < Number.POSITIVE_INFINITY
    ? { keyword: 'exclusiveMaximum', at: exclusiveMaximum, excluded: true }
    : { keyword: 'maximum', at: maximum, excluded: false }
}

/** Divisibility is decided for whole numbers only: with fractions, rounding may tell two steps apart that should agree. */
function multipleFits(narrow: Schema, wide: Schema): boolean {
  const [own, step] = [narrow.multipleOf, wide.multipleOf]
  if (step === undefined || own === step) return true
  const whole = typesOf(narrow)?.[0] === 'integer' && Number.isInteger(step)
  return whole && (step === 1 || (own !== undefined && Number.isInteger(own) && own <= 1e6 && own % step === 0))
}

function same(keyword: 'pattern' | 'format', narrow: Schema, wide: Schema): BoundFault[] {
  if (wide[keyword] === undefined || wide[keyword] === narrow[keyword]) return []
  return [fault(keyword, narrow[keyword], wide[keyword])]
}
