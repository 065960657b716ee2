import type { Violation } from '../errors.ts'
import { coherenceFaults } from './coherence.ts'
import { childPath, isJsonObject } from './facets.ts'
import { counterparts, isKeyword, keywordTable } from './keywords.ts'
import { didYouMean } from './nearest.ts'
import type { Schema } from './schema.ts'

/**
 * Where a JSON value fails to be a schema of the subset: unknown keywords, wrong values, keywords that do not speak of the
 * schema's type, forms of a `oneOf` that cannot be told apart, patterns that could take too long. Empty when it is one;
 * then the value may be taken for a `Schema`.
 */
export function schemaFaults(value: unknown, path: string): Violation[] {
  const account: Account = { faults: [], nodes: 0 }
  visit(value, path, 0, account)
  return account.faults
}

const depthMax = 32
const nodesMax = 2000
const faultsMax = 100

interface Account {
  readonly faults: Violation[]
  nodes: number
}

function visit(value: unknown, path: string, depth: number, account: Account) {
  const { faults } = account
  const report = (fault: Violation) => faults.push(fault)
  account.nodes++
  if (account.nodes > nodesMax || faults.length >= faultsMax) {
    if (account.nodes === nodesMax + 1) report({ path, message: `makes more than ${nodesMax} schemas in one` })
    return
  }
  if (depth > depthMax) return report({ path, message: `nests schemas more than ${depthMax} deep` })
  if (!isJsonObject(value)) return report({ path, message: 'must be a schema, an object' })
  const before = faults.length
  for (const [name, setting] of Object.entries(value)) visitKeyword(name, setting, path, depth, account)
  // A schema whose parts are at fault is not judged as a whole: what it would say follows from them.
  if (faults.length === before) faults.push(...coherenceFaults(value as Schema, path))
}

function visitKeyword(name: string, setting: unknown, path: string, depth: number, account: Account) {
  const at = childPath(path, name)
  if (!isKeyword(name)) {
    account.faults.push({ path: at, message: 'is not a keyword that a contract may use', ...adviceFor(name) })
    return
  }
  const { suits, words, holds } = keywordTable[name]
  if (!suits(setting)) {
    account.faults.push({ path: at, message: `must be ${words}` })
  } else if (holds === 'one' && typeof setting !== 'boolean') {
    visit(setting, at, depth + 1, account)
  } else if (holds === 'one' && name === 'items') {
    account.faults.push({ path: at, message: 'must be a schema, an object' })
  } else if (holds === 'each') {
    for (const [key, schema] of Object.entries(Object(setting))) visit(schema, childPath(at, key), depth + 1, account)
  }
}

function adviceFor(keyword: string): { readonly suggestion?: string } {
  const counterpart = Object.hasOwn(counterparts, keyword) ? counterparts[keyword] : undefined
  return counterpart === undefined ? didYouMean(keyword, Object.keys(keywordTable)) : { suggestion: counterpart }
}
