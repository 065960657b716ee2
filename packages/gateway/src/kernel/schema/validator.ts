import { hash } from 'node:crypto'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ContractCheck } from '../catalog.ts'
import type { ContractRevision } from '../catalog-state.ts'
import type { Violation } from '../errors.ts'
import { explain } from './explain.ts'
import { additionalOf } from './facets.ts'
import { formatTable } from './formats.ts'
import { patternTest } from './pattern.ts'
import { multipleOfDigits } from './rules.ts'
import type { Schema } from './schema.ts'
import { stripUndeclared } from './strip.ts'

/**
 * A validator of a schema of the subset. Nothing is coerced, and unknown fields are refused wherever a schema lists fields.
 * Compiled code gives the verdict; only a value that does not fit is walked once more, to say why: at most 20 violations,
 * with JSON Pointers below `path`. Compiles at its first use; equal schemas share one compiled function.
 */
export function compileSchema(schema: Schema): Validator {
  let test: Test | undefined
  return (value, path) => {
    test ??= compiled(schema)
    if (test(value)) return undefined
    const violations = explain(schema, value, path)
    return violations.length > 0 ? violations : [{ path, message: 'does not fit' }]
  }
}

/** Undefined when the value fits. */
export type Validator = (value: unknown, path: string) => readonly Violation[] | undefined

/** The checks of one contract revision, each compiled at its first use. */
export function compileCheck({ input, output, chunk }: ContractRevision): ContractCheck {
  const answers = lenient(output)
  const chunks = chunk ? lenient(chunk) : () => undefined
  return { input: compileSchema(input), output: answers, chunk: chunks }
}

function lenient(schema: Schema): (value: unknown) => readonly Violation[] | undefined {
  const check = compileSchema(schema)
  let test: Test | undefined
  return (value) => {
    test ??= compiled(schema)
    if (test(value)) return undefined
    stripUndeclared(schema, value)
    return check(value, '')
  }
}

type Test = (value: unknown) => boolean

/** By the digest of the schema: a thousand chat models have one schema, and a new revision of the catalog has most of the old. */
const recent = new Map<string, Test>()
const recentMax = 1000

function compiled(schema: Schema): Test {
  const plain = plainSchema(schema)
  const key = hash('sha256', JSON.stringify(plain))
  const test = recent.get(key) ?? newAjv(namesInherited(schema)).compile(plain)
  recent.delete(key)
  recent.set(key, test)
  const [oldest] = recent.keys()
  if (recent.size > recentMax && oldest !== undefined) recent.delete(oldest)
  return test
}

/**
 * One instance per schema, because an instance never forgets what it compiled. Unoptimised code compiles five times as fast
 * (10 ms for a chat when warm) and runs no slower that could be measured.
 */
function newAjv(ownProperties: boolean): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    meta: false,
    validateSchema: false,
    addUsedSchema: false,
    logger: false,
    messages: false,
    ownProperties,
    multipleOfPrecision: multipleOfDigits,
    code: { optimize: false, regExp: Object.assign(expression, { code: '' }) },
  })
  for (const [name, { numeric, fits }] of Object.entries(formatTable)) {
    ajv.addFormat(name, numeric ? { type: 'number', validate: fits } : { type: 'string', validate: fits })
  }
  return ajv
}

/** Whether a field is called as what every object inherits ("constructor"): own ones must then be told apart, at a third more time. */
function namesInherited({
  properties = {},
  additionalProperties: more,
  items,
  prefixItems = [],
  oneOf = [],
}: Schema): boolean {
  const held = [...Object.values(properties), ...prefixItems, ...oneOf, ...(items ? [items] : [])]
  if (typeof more === 'object') held.push(more)
  return Object.keys(properties).some((name) => name in Object.prototype) || held.some(namesInherited)
}

/** Ajv tells expressions apart by their text. */
function expression(pattern: string) {
  return { test: patternTest(pattern), toString: () => pattern }
}

/** For Ajv: what the subset leaves unsaid spelt out, and no word that decides nothing. */
function plainSchema(schema: Schema): object {
  const {
    title,
    description,
    examples,
    deprecated,
    default: _,
    properties,
    items,
    prefixItems,
    oneOf,
    ...rest
  } = schema
  const additional = additionalOf(schema)
  return {
    ...rest,
    ...(properties ? { properties: mapped(properties) } : {}),
    additionalProperties: typeof additional === 'boolean' ? additional : plainSchema(additional),
    ...(items ? { items: plainSchema(items) } : {}),
    ...(prefixItems ? { prefixItems: prefixItems.map(plainSchema), items: false } : {}),
    ...(oneOf ? { oneOf: oneOf.map(plainSchema) } : {}),
  }
}

function mapped(properties: Readonly<Record<string, Schema>>): Record<string, object> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, plainSchema(schema)]))
}
