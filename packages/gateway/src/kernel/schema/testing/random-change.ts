import type { Schema } from '../schema.ts'
import { schemaFaults } from '../subset.ts'
import { anySchema, type Dice, names, randomSchema } from './random-schema.ts'

/** The schema after one to three changes such as people make, large and small, anywhere in it. */
export function randomChange(dice: Dice, schema: Schema): Schema {
  if (dice.oneIn(20)) return randomSchema(dice)
  let changed = schema
  for (let left = 1 + dice.roll(3); left > 0; left--) {
    const next = changeBelow(dice, changed)
    if (schemaFaults(next, '').length === 0) changed = next
  }
  return changed
}

/** At this schema, or at one that it holds. */
function changeBelow(dice: Dice, schema: Schema): Schema {
  const holders = holderNames.filter((name) => holds(schema[name]))
  if (holders.length === 0 || dice.oneIn(3)) return dice.of(changes)(dice, schema)
  const name = dice.of(holders)
  const held = schema[name]
  if (Array.isArray(held)) {
    const at = dice.roll(held.length)
    return { ...schema, [name]: held.map((one: Schema, index) => (index === at ? changeBelow(dice, one) : one)) }
  }
  if (name !== 'properties') return { ...schema, [name]: changeBelow(dice, held as Schema) }
  const field = dice.of(Object.keys(held ?? {}))
  const properties = held as Readonly<Record<string, Schema>>
  return { ...schema, properties: { ...properties, [field]: changeBelow(dice, properties[field] ?? {}) } }
}

const holderNames = ['properties', 'additionalProperties', 'items', 'prefixItems', 'oneOf'] as const

function holds(held: unknown): boolean {
  return typeof held === 'object' && held !== null && Object.keys(held).length > 0
}

const changes: readonly ((dice: Dice, schema: Schema) => Schema)[] = [
  dropKeyword,
  dropKeyword,
  moveBound,
  moveBound,
  addField,
  addField,
  dropField,
  toggleRequired,
  changeChoices,
  toggleNull,
  changeForms,
  changeTuple,
  excludeBound,
  (dice, schema) => (schema.properties ? { ...schema, additionalProperties: dice.of([true, false, {}]) } : schema),
  (dice, schema) =>
    schema.type === 'number' ? { ...schema, type: 'integer' } : { ...schema, description: dice.of(names) },
  (_, schema) => (schema.type === 'integer' ? { ...schema, type: 'number' } : schema),
  (dice, schema) => ({ ...anySchema(dice, 1), ...schema }),
  (dice) => anySchema(dice, 1),
]

function dropKeyword(dice: Dice, schema: Schema): Schema {
  const keywords = Object.keys(schema).filter((name) => name !== 'type')
  if (keywords.length === 0) return schema
  const dropped = dice.of(keywords)
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== dropped))
}

function moveBound(dice: Dice, schema: Schema): Schema {
  const bounds = Object.entries(schema).filter(([, value]) => typeof value === 'number')
  if (bounds.length === 0) return schema
  const [name, value] = dice.of(bounds)
  return { ...schema, [name]: Number(value) + dice.of([-1, 1, 1, 2, 0.5]) }
}

function addField(dice: Dice, schema: Schema): Schema {
  if (!schema.properties) return schema
  const name = dice.of([...names, 'd', 'e'])
  const required = dice.oneIn(4) ? [...new Set([...(schema.required ?? []), name])] : schema.required
  const properties = { ...schema.properties, [name]: schema.properties[name] ?? anySchema(dice, 1) }
  return { ...schema, properties, ...(required ? { required } : {}) }
}

function dropField(dice: Dice, schema: Schema): Schema {
  const fields = Object.keys(schema.properties ?? {})
  if (fields.length === 0) return schema
  const dropped = dice.of(fields)
  const properties = Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([name]) => name !== dropped))
  return { ...schema, properties, required: (schema.required ?? []).filter((name) => name !== dropped) }
}

function toggleRequired(dice: Dice, schema: Schema): Schema {
  const fields = Object.keys(schema.properties ?? {})
  if (fields.length === 0) return schema
  const field = dice.of(fields)
  const { required = [] } = schema
  const without = required.filter((name) => name !== field)
  return { ...schema, required: without.length < required.length ? without : [...required, field] }
}

function changeChoices(dice: Dice, schema: Schema): Schema {
  if (schema.const !== undefined) return { type: schema.type ?? 'string', enum: [schema.const, dice.of(['a', 'b'])] }
  if (!schema.enum) return schema
  const more = dice.oneIn(2) ? [...schema.enum, dice.of(['a', 'b', 'new', 7])] : schema.enum.slice(1)
  return { ...schema, enum: [...new Set(more)] }
}

function toggleNull(_: Dice, schema: Schema): Schema {
  const { type } = schema
  if (type === undefined || type === 'null') return schema
  return { ...schema, type: typeof type === 'string' ? [type, 'null'] : type[0] }
}

function changeForms(dice: Dice, schema: Schema): Schema {
  if (!schema.oneOf) return schema
  const [first, ...rest] = schema.oneOf
  const more = dice.oneIn(2) ? [...schema.oneOf, anySchema(dice, 1)] : rest
  return dice.oneIn(3) && first ? { oneOf: [...rest, first] } : { oneOf: more }
}

function changeTuple(dice: Dice, schema: Schema): Schema {
  if (!schema.prefixItems) return schema
  return {
    ...schema,
    prefixItems: dice.oneIn(2) ? schema.prefixItems.slice(1) : [...schema.prefixItems, anySchema(dice, 0)],
  }
}

function excludeBound(_: Dice, { minimum, exclusiveMinimum, ...schema }: Schema): Schema {
  return {
    ...schema,
    ...(minimum === undefined ? {} : { exclusiveMinimum: minimum }),
    ...(exclusiveMinimum === undefined ? {} : { minimum: exclusiveMinimum }),
  }
}
