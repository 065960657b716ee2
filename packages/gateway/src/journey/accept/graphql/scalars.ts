import { type ConstValueNode, GraphQLError, GraphQLScalarType, Kind, print } from 'graphql'

/** What JSON Schema can say and GraphQL's own scalars can't. */
export const int64 = new GraphQLScalarType<unknown, number | string>({
  name: 'Int64',
  description: 'A whole number of up to 64 bits. Sent as a number or, past 2^53, as a string of digits.',
  coerceOutputValue: readInt64,
  coerceInputValue: readInt64,
  coerceInputLiteral: (node) => {
    if (node.kind === Kind.INT || node.kind === Kind.STRING) return readInt64(node.value)
    throw new GraphQLError(`Int64 cannot represent ${print(node)}`, { nodes: node })
  },
  valueToLiteral: (value) => ({ kind: Kind.INT, value: String(value) }),
})

export const json = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'Any JSON value: maps, tuples, alternatives and whatever else has no type of its own in GraphQL.',
  coerceOutputValue: (value) => value,
  coerceInputValue: (value) => value,
  coerceInputLiteral: plainValue,
})

const int64Min = -(2n ** 63n)
const int64Max = 2n ** 63n - 1n

/** A number where a number holds it exactly; the contract decides about the rest. */
function readInt64(value: unknown): number | string {
  if (typeof value === 'number' && Number.isInteger(value)) return value
  if (typeof value === 'bigint' || (typeof value === 'string' && /^-?\d{1,19}$/.test(value))) {
    const exact = BigInt(value)
    if (exact >= int64Min && exact <= int64Max) {
      return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact.toString()
    }
  }
  throw new GraphQLError(`Int64 cannot represent ${String(value).slice(0, 64)}`)
}

/** Objects are built from entries: assigning `__proto__` would set a prototype. */
function plainValue(node: ConstValueNode): unknown {
  switch (node.kind) {
    case Kind.NULL:
      return null
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value)
    case Kind.LIST:
      return node.values.map(plainValue)
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, plainValue(value)]))
    default:
      return node.value
  }
}
