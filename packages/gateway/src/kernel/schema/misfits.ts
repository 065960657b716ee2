import { isDeepStrictEqual } from 'node:util'
import type { Violation } from '../errors.ts'
import { boundFaults } from './bounds.ts'
import { choicesOf, disjoint } from './disjoint.ts'
import { fits } from './explain.ts'
import { additionalOf, childPath, propertyOf, typesOf } from './facets.ts'
import { kindOf, kindWords } from './kinds.ts'
import type { Schema } from './schema.ts'

/**
 * Why something that fits `narrow` may not fit `wide`, at each place; empty only when it all does. For an input `narrow` is
 * the earlier schema; for an output it is the later one, and fields that only the later one has are passed over, because
 * callers pass over them.
 *
 * Beyond the values, the kind of a place must stay, even where each value of the old kind is one of the new (a whole number
 * is a number): callers that name types, as GraphQL variables and generated clients do, break with it. Both must be of the subset.
 */
export function misfits(narrow: Schema, wide: Schema, side: Side, path: string): Violation[] {
  if (isDeepStrictEqual(narrow, wide)) return []
  const pair: Pair = { narrow, wide, side, path }
  const [kind, wideKind] = [kindOf(narrow), kindOf(wide)]
  if (kind !== wideKind || kind === 'undecided') return [changed(pair, kindWords(narrow), kindWords(wide))]
  if (narrow.oneOf && wide.oneOf) return formFaults(pair, narrow.oneOf, wide.oneOf)
  const finite = choicesOf(narrow)
  if (finite) return choiceFaults(pair, finite)
  const nulls = typesOf(narrow)?.includes('null') && !typesOf(wide)?.includes('null')
  const nullFault = { path: childPath(path, 'type'), message: sentence(side, 'null allowed', 'no null') }
  const choices = choicesOf(wide)
  const choiceFault = {
    path: childPath(path, 'enum'),
    message: sentence(side, 'no list of values', 'a list of values'),
  }
  return [
    ...(nulls ? [nullFault] : []),
    ...(choices ? [choiceFault] : []),
    ...boundFaults(narrow, wide).map(({ keyword, narrow, wide }) => ({
      path: childPath(path, keyword),
      message: sentence(side, narrow, wide),
    })),
    ...fieldFaults(pair),
    ...elementFaults(pair),
  ]
}

export type Side = 'input' | 'output'

interface Pair {
  readonly narrow: Schema
  readonly wide: Schema
  readonly side: Side
  readonly path: string
}

/** For an input the narrow side was and the wide one is; for an output the other way round. */
function sentence(side: Side, narrow: string, wide: string): string {
  return side === 'input'
    ? `was ${narrow} and is ${wide} now: calls that are right today would be refused`
    : `was ${wide} and is ${narrow} now: callers could meet what could not come before`
}

function changed({ side, path }: Pair, narrow: string, wide: string): Violation {
  const [was, is] = side === 'input' ? [narrow, wide] : [wide, narrow]
  return { path, message: `was ${was} and is ${is} now: callers that name its type would break` }
}

function choiceFaults({ wide, side, path }: Pair, finite: readonly unknown[]): Violation[] {
  const wrong = finite.filter((value) => !fits(wide, value)).map((value) => JSON.stringify(value))
  const faults = wrong.map((value) => ({
    path: childPath(path, 'enum'),
    message: side === 'input' ? `${value} was allowed, and is refused now` : `${value} is new: callers do not know it`,
  }))
  // A list of words is a type of its own to GraphQL and to generated clients.
  const open = side === 'input' && !choicesOf(wide)
  return open
    ? [...faults, { path: childPath(path, 'enum'), message: 'was a list of values, and is open now' }]
    : faults
}

function fieldFaults({ narrow, wide, side, path }: Pair): Violation[] {
  const names = new Set([...Object.keys(narrow.properties ?? {}), ...Object.keys(wide.properties ?? {})])
  const faults = [...names].flatMap((name): Violation[] => {
    const at = childPath(childPath(path, 'properties'), name)
    const [inNarrow, inWide] = [fieldOf(narrow, name), fieldOf(wide, name)]
    if (inNarrow === false)
      return side === 'output' ? [{ path: at, message: 'is gone: callers that read it would break' }] : []
    if (inWide !== false) return misfits(asSchema(inNarrow), asSchema(inWide), side, at)
    return side === 'output' ? [] : [{ path: at, message: 'is gone: calls that send it would be refused' }]
  })
  const missing = (wide.required ?? []).filter((name) => !narrow.required?.includes(name))
  const demands = missing.map((name) => ({
    path: childPath(childPath(path, 'properties'), name),
    message: side === 'input' ? 'is required now: calls that lack it would be refused' : 'may be missing now',
  }))
  return [...faults, ...demands, ...restFaults({ narrow, wide, side, path })]
}

/** The fields that neither declares. */
function restFaults({ narrow, wide, side, path }: Pair): Violation[] {
  const [more, moreWide] = [additionalOf(narrow), additionalOf(wide)]
  if (more === false || moreWide === true) return []
  const at = childPath(path, 'additionalProperties')
  return misfits(asSchema(more), asSchema(moreWide), side, at)
}

function fieldOf(schema: Schema, name: string): boolean | Schema {
  return propertyOf(schema, name) ?? additionalOf(schema)
}

function asSchema(schema: boolean | Schema): Schema {
  return typeof schema === 'boolean' ? {} : schema
}

function elementFaults({ narrow, wide, side, path }: Pair): Violation[] {
  if (narrow.prefixItems && wide.prefixItems) {
    const at = childPath(path, 'prefixItems')
    return narrow.prefixItems.flatMap((element, index) =>
      misfits(element, wide.prefixItems?.[index] ?? element, side, childPath(at, index)),
    )
  }
  return misfits(narrow.items ?? {}, wide.items ?? {}, side, childPath(path, 'items'))
}

/**
 * Each form of the narrow side must fit one form of the wide side; within the subset it can't fit another too. An output's
 * form with new fields must also not be taken for another form by callers, who pass over those fields.
 */
function formFaults({ side, path }: Pair, narrow: readonly Schema[], wide: readonly Schema[]): Violation[] {
  const open = side === 'output'
  return narrow.flatMap((form, index) => {
    const at = (other: number) => childPath(childPath(path, 'oneOf'), open ? index : other)
    const readings = wide.map((own, w) => ({ own, path: at(w), faults: misfits(form, own, side, at(w)) }))
    const home = readings.find(({ faults }) => faults.length === 0)
    if (home) {
      const others = wide.filter((other) => other !== home.own)
      const clear = !open || misfits(form, home.own, 'input', path).length === 0
      if (clear || others.every((other) => disjoint(form, other, open))) return []
      return [
        { path: home.path, message: 'could be taken for another form: its new fields are passed over by callers' },
      ]
    }
    const [closest] = readings
      .filter(({ own }) => !disjoint(form, own, true))
      .sort((a, b) => a.faults.length - b.faults.length)
    if (closest) return closest.faults
    const message = open ? 'is new: callers do not know this form' : 'was allowed, and is refused now'
    return [{ path: childPath(childPath(path, 'oneOf'), index), message }]
  })
}
