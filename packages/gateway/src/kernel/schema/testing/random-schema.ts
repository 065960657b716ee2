import type { Schema, SchemaType } from '../schema.ts'
import { schemaFaults } from '../subset.ts'

/**
 * Random schemas, changes of schemas, and values for them, for property tests. Drawn from few names, few texts and small
 * numbers, so that schemas and values meet at their edges often.
 */
export interface Dice {
  /** A whole number from 0 up to, not including, `sides`. */
  roll(sides: number): number
  /** One of these. */
  of<T>(choices: readonly T[]): T
  /** True once in `n`. */
  oneIn(n: number): boolean
}

/** mulberry32: the same seed throws the same dice. */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0
  const roll = (sides: number) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % sides
  }
  return {
    roll,
    of: (choices) => choices[roll(choices.length)] as (typeof choices)[number],
    oneIn: (n) => roll(n) === 0,
  }
}

/** A schema of the subset. */
export function randomSchema(dice: Dice, depth = 3): Schema {
  for (;;) {
    const schema = anySchema(dice, depth)
    if (schemaFaults(schema, '').length === 0) return schema
  }
}

export const names = ['a', 'b', 'c', 'kind'] as const
const texts = ['', 'a', 'b', 'ab', 'abc', 'a-b', '😀', '2026-01-01', 'x@y.zz'] as const
const patterns = ['^a', '^[ab]+$', '^[a-z]+(-[a-z]+)*$', '^.$'] as const

export function anySchema(dice: Dice, depth: number): Schema {
  const leaf = depth === 0
  const kinds = leaf ? leaves : [...leaves, ...branches]
  const schema = dice.of(kinds)(dice, depth - 1)
  const { type } = schema
  const nullable = dice.oneIn(6) && typeof type === 'string' && type !== 'null' && schema.const === undefined
  return nullable ? { ...schema, type: [type, 'null'] } : schema
}

type Kind = (dice: Dice, depth: number) => Schema

const leaves: readonly Kind[] = [
  (dice) => ({ type: 'string', ...some(dice, { ...range(dice, 'Length'), pattern: dice.of(patterns) }) }),
  (dice) => ({
    type: 'string',
    ...some(dice, { format: dice.of(['date', 'email'] as const), ...range(dice, 'Length') }),
  }),
  (dice) => ({ type: 'string', enum: [...new Set([dice.of(texts), dice.of(texts), dice.of(texts)])] }),
  (dice) => ({ type: 'string', const: dice.of(texts) }),
  (dice) => ({ type: 'integer', ...some(dice, { ...interval(dice), multipleOf: dice.of([1, 2, 3, 4, 6]) }) }),
  (dice) => ({ type: 'number', ...some(dice, { ...interval(dice), multipleOf: dice.of([0.5, 0.1, 1, 2]) }) }),
  (dice) => ({ type: 'integer', ...some(dice, { format: 'int64', ...interval(dice) }) }),
  (dice) => ({ type: 'integer', enum: [...new Set([dice.roll(3), dice.roll(3)])] }),
  () => ({ type: 'boolean' }),
  () => ({ type: 'null' }),
  (dice) => (dice.oneIn(2) ? {} : { type: 'boolean', const: dice.oneIn(2) }),
]

const branches: readonly Kind[] = [
  object,
  object,
  (dice, depth) => ({ ...object(dice, depth), additionalProperties: dice.oneIn(2) || anySchema(dice, depth) }),
  (dice, depth) => ({
    type: 'object',
    additionalProperties: anySchema(dice, depth),
    ...some(dice, range(dice, 'Properties')),
  }),
  () => ({ type: 'object' }),
  (dice, depth) => ({ type: 'array', items: anySchema(dice, depth), ...some(dice, range(dice, 'Items')) }),
  (dice, depth) => ({ type: 'array', ...some(dice, { items: anySchema(dice, depth), ...range(dice, 'Items') }) }),
  (dice, depth) => ({
    type: 'array',
    prefixItems: times(1 + dice.roll(3), () => anySchema(dice, depth)),
    ...some(dice, range(dice, 'Items')),
  }),
  (dice, depth) => ({ oneOf: times(2 + dice.roll(2), () => anySchema(dice, depth)) }),
  tagged,
  tagged,
]

function object(dice: Dice, depth: number): Schema {
  const chosen = names.filter(() => dice.oneIn(2))
  const properties = Object.fromEntries(chosen.map((name) => [name, anySchema(dice, depth)]))
  const required = chosen.filter(() => dice.oneIn(2))
  return { type: 'object', properties, required, ...(dice.oneIn(4) ? some(dice, range(dice, 'Properties')) : {}) }
}

/** Forms told apart by a constant, as in a chat's messages. */
function tagged(dice: Dice, depth: number): Schema {
  const form = (tag: string): Schema => {
    const { properties = {}, required = [], ...rest } = object(dice, depth)
    const kind: Schema = { type: 'string', const: tag }
    return { ...rest, properties: { ...properties, kind }, required: [...new Set([...required, 'kind'])] }
  }
  return { oneOf: ['a', 'b', 'ab'].slice(0, 2 + dice.roll(2)).map(form) }
}

function some<T extends object>(dice: Dice, all: T): Partial<T> {
  return Object.fromEntries(Object.entries(all).filter(() => dice.oneIn(3))) as Partial<T>
}

function range(dice: Dice, of: 'Length' | 'Items' | 'Properties'): Schema {
  const low = dice.roll(3)
  return { [`min${of}`]: low, [`max${of}`]: low + dice.roll(3) }
}

function interval(dice: Dice): Schema {
  const [low, high] = [dice.roll(4) - 2, dice.roll(4) + 2]
  return {
    minimum: low,
    maximum: high,
    exclusiveMinimum: low - 1 + dice.roll(3),
    exclusiveMaximum: high + dice.roll(3) / 2,
  }
}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

/** A value that mostly fits the schema, and misses it narrowly now and then. */
export function randomValue(dice: Dice, schema: Schema): unknown {
  if (schema.oneOf) return randomValue(dice, dice.of(schema.oneOf))
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return dice.of(schema.enum)
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? allTypes)
  const type = dice.oneIn(30) ? dice.of(allTypes) : dice.of(types)
  return valueTable[type](dice, schema)
}

const allTypes: readonly SchemaType[] = ['string', 'integer', 'number', 'boolean', 'null', 'array', 'object']

const valueTable: Readonly<Record<SchemaType, (dice: Dice, schema: Schema) => unknown>> = {
  null: () => null,
  boolean: (dice) => dice.oneIn(2),
  string: (dice, { minLength = 0, maxLength = 3 }) => {
    return dice.of([
      ...texts,
      'a'.repeat(minLength),
      'b'.repeat(maxLength),
      '😀'.repeat(maxLength),
      'a'.repeat(maxLength + 1),
    ])
  },
  integer: number,
  number,
  array: (dice, { items = {}, prefixItems, minItems = 0, maxItems = 3 }) => {
    const length = dice.of([minItems, maxItems, prefixItems?.length ?? dice.roll(4)])
    return times(length, (index) => randomValue(dice, prefixItems?.[index] ?? items))
  },
  object: (dice, { properties = {}, required = [], additionalProperties }) => {
    const fields = Object.entries(properties).filter(([name]) => required.includes(name) || dice.oneIn(2))
    const rest = typeof additionalProperties === 'object' ? additionalProperties : {}
    const more = additionalProperties || dice.oneIn(15) ? [...names, 'd'].filter(() => dice.oneIn(3)) : []
    return Object.fromEntries([
      ...more.map((name) => [name, randomValue(dice, rest)]),
      ...fields.map(([name, field]) => [name, randomValue(dice, field)]),
    ])
  },
}

function number(dice: Dice, schema: Schema): number {
  const { minimum = -3, maximum = 5, exclusiveMinimum = -3, exclusiveMaximum = 5, multipleOf = 1 } = schema
  const edges = [minimum, maximum, exclusiveMinimum, exclusiveMaximum].flatMap((edge) => [edge, edge + 1, edge - 0.5])
  const between = multipleOf * (dice.roll(9) - 4)
  return dice.of([...edges, between, between, between, dice.of([1e15, 0.3, 2 ** 53])])
}
