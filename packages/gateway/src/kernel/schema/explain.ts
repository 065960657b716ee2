import type { Violation } from '../errors.ts'
import { choicesOf, likeliestOf } from './alternative.ts'
import { additionalOf, childPath, isJsonObject, propertyOf } from './facets.ts'
import { didYouMean } from './nearest.ts'
import { type Rule, ruleTable } from './rules.ts'
import type { Schema } from './schema.ts'
import { fitsType, typeFault } from './types.ts'

/**
 * Every place where a value does not fit its schema, in plain words; empty when it fits. It walks the schema instead of
 * running compiled code: that is slower, says what is wrong at the nearest alternative only, and stops when enough is said,
 * however large the value.
 */
export function explain(schema: Schema, value: unknown, path: string, options: ExplainOptions = {}): Violation[] {
  const account: Account = { found: [], open: options.open ?? false, violationsMax: options.violationsMax ?? 20 }
  visit(schema, value, path, account)
  return account.found
}

export interface ExplainOptions {
  /** Fields that no schema declares are passed over instead of refused. */
  readonly open?: boolean
  /** 20 unless told. */
  readonly violationsMax?: number
}

/** Whether the value fits. */
export function fits(schema: Schema, value: unknown, options: Pick<ExplainOptions, 'open'> = {}): boolean {
  return explain(schema, value, '', { ...options, violationsMax: 1 }).length === 0
}

interface Account {
  readonly found: Violation[]
  readonly open: boolean
  readonly violationsMax: number
}

function visit(schema: Schema, value: unknown, path: string, account: Account) {
  if (account.found.length >= account.violationsMax) return
  if (schema.oneOf) return visitAlternatives(schema.oneOf, value, path, account)
  if (!fitsType(schema, value)) {
    return report(account, { path, message: typeFault([schema], value), ...exampleOf(schema) })
  }
  if (!visitChoice(schema, value, path, account)) return
  if (typeof value === 'string') visitRules(ruleTable.string, schema, value, path, account)
  else if (typeof value === 'number') visitRules(ruleTable.number, schema, value, path, account)
  else if (Array.isArray(value)) visitArray(schema, value, path, account)
  else if (isJsonObject(value)) visitObject(schema, value, path, account)
}

function report(account: Account, violation: Violation) {
  if (account.found.length < account.violationsMax) account.found.push(violation)
}

function exampleOf({ examples, enum: choices }: Schema): Pick<Violation, 'suggestion'> {
  if (examples?.[0] !== undefined) return { suggestion: `Write for example ${JSON.stringify(examples[0])}.` }
  return choices ? choicesOf(choices) : {}
}

function visitRules<T>(rules: readonly Rule<T>[], schema: Schema, value: T, path: string, account: Account) {
  for (const rule of rules) {
    const message = rule(schema, value)
    if (message !== undefined) report(account, { path, message })
  }
}

/** `enum` and `const`; false when the value is none of them. */
function visitChoice(schema: Schema, value: unknown, path: string, account: Account): boolean {
  const choices = schema.const === undefined ? schema.enum : [schema.const]
  if (!choices || choices.some((choice) => choice === value)) return true
  const listed = choices.slice(0, 10).map((choice) => JSON.stringify(choice))
  const all = choices.length > listed.length ? `${listed.join(', ')} … (${choices.length} in all)` : listed.join(', ')
  const words = choices.filter((choice) => typeof choice === 'string')
  const advice = typeof value === 'string' ? didYouMean(value, words) : {}
  report(account, { path, message: choices.length === 1 ? `must be ${all}` : `must be one of ${all}`, ...advice })
  return false
}

function visitArray(schema: Schema, value: readonly unknown[], path: string, account: Account) {
  visitRules(ruleTable.array, schema, value, path, account)
  const { items, prefixItems } = schema
  if (!items && !prefixItems) return
  for (const [index, item] of value.entries()) {
    const element = prefixItems ? prefixItems[index] : items
    if (element) visit(element, item, childPath(path, index), account)
    if (account.found.length >= account.violationsMax) return
  }
}

function visitObject(schema: Schema, value: Readonly<Record<string, unknown>>, path: string, account: Account) {
  const { properties = {}, required = [] } = schema
  const additional = additionalOf(schema)
  for (const name of required) {
    if (!Object.hasOwn(value, name)) report(account, { path: childPath(path, name), message: 'is missing' })
  }
  visitRules(
    ruleTable.object,
    schema,
    account.open && additional === false ? declaredOf(schema, value) : value,
    path,
    account,
  )
  for (const [name, field] of Object.entries(value)) {
    const declared = propertyOf(schema, name)
    const rest = declared ?? additional
    if (typeof rest === 'object') visit(rest, field, childPath(path, name), account)
    else if (!rest && !account.open) {
      report(account, {
        path: childPath(path, name),
        message: 'is not a field here',
        ...otherField(name, value, properties),
      })
    }
    if (account.found.length >= account.violationsMax) return
  }
}

/** The field that was likely meant, else all that there are where they can be taken in at a glance. */
function otherField(
  name: string,
  value: Readonly<Record<string, unknown>>,
  properties: NonNullable<Schema['properties']>,
): Pick<Violation, 'suggestion'> {
  const known = Object.keys(properties)
  const free = known.filter((field) => !Object.hasOwn(value, field))
  const meant = didYouMean(name, free)
  if (meant.suggestion !== undefined || known.length === 0 || known.length > fieldsListedMax) return meant
  return { suggestion: `${known.length === 1 ? 'The field here is' : 'The fields here are'} ${known.join(', ')}.` }
}

const fieldsListedMax = 20

function declaredOf(schema: Schema, value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => propertyOf(schema, name)))
}

/** One alternative is explained, the likeliest; where several fit, the value is ambiguous. */
function visitAlternatives(branches: readonly Schema[], value: unknown, path: string, account: Account) {
  const readings = branches.map((branch) => ({ branch, violations: explain(branch, value, path, account) }))
  const fitting = readings.filter(({ violations }) => violations.length === 0).length
  if (fitting === 1) return
  if (fitting > 1) {
    return report(account, { path, message: `fits ${fitting} of the forms that are allowed here, must fit one` })
  }
  const likeliest = likeliestOf(branches, value, path)
  if ('violation' in likeliest) return report(account, likeliest.violation)
  const [nearest] = readings
    .filter(({ branch }) => likeliest.branches.includes(branch))
    .sort((a, b) => a.violations.length - b.violations.length)
  for (const violation of nearest?.violations ?? []) report(account, violation)
}
