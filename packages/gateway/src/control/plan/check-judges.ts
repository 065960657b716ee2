import type { CatalogState, ContractState } from '../../kernel/catalog-state.ts'
import { contractName } from '../../kernel/contract-name.ts'
import type { Judge } from '../../kernel/contract-policies.ts'
import { readsText } from '../../kernel/judge.ts'
import { additionalOf, pathKeys, propertyOf, typesOf } from '../../kernel/schema/facets.ts'
import { kindOf } from '../../kernel/schema/kinds.ts'
import { misfits } from '../../kernel/schema/misfits.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { publishedOf } from '../catalog/build-catalog.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import type { Report } from './report.ts'

/** What only the settled contracts tell of judges: whether each can read what it is given, and says what its metric takes. */
export function checkJudges({ models }: Pick<CatalogState, 'models'>, report: Report): void {
  for (const [model, { contracts }] of Object.entries(models)) {
    for (const [major, contract] of Object.entries(contracts)) {
      for (const [metric, judge] of Object.entries(contract.judges ?? {})) {
        const asked = ownEntry(ownEntry(models, judge.model)?.contracts ?? {}, judge.major)
        if (!asked) continue
        const place = ['models', model, 'contracts', `v${major}`, 'judges', metric]
        const judging = { judged: contractName(model, major), contract, metric, judge, asked }
        for (const [key, message, suggestion] of [...inputFaults(judging), ...valueFaults(judging)]) {
          report('invalid_manifest', [...place, key], message, suggestion)
        }
      }
    }
  }
}

interface Judging {
  /** "spam@v1" */
  readonly judged: string
  readonly contract: ContractState
  readonly metric: string
  readonly judge: Judge
  /** The judge's own contract. */
  readonly asked: ContractState
}

type JudgeFault = readonly [key: keyof Judge, message: string, suggestion: string]

const sides = ['input', 'output'] as const
const sideNames: readonly string[] = sides
const inputAdvice =
  'A judge takes {input, output}: each as text ({type: string}), in the form of the judged contract, or in any ({}).'
const valueAdvice = 'Say where the value stands, as in value: /score.'

function inputFaults({ judged, contract, judge, asked }: Judging): readonly JudgeFault[] {
  const takes = publishedSchemas(asked).input
  const name = contractName(judge.model, judge.major)
  const other = takes.required?.find((field) => !sideNames.includes(field))
  if (other !== undefined)
    return [['model', `asks for more than a judge is given: ${name} requires "${other}"`, inputAdvice]]
  return sides.flatMap((side): readonly JudgeFault[] => {
    const schema = propertyOf(takes, side)
    if (!schema) return [['model', `takes no "${side}": ${name} cannot judge what it does not see`, inputAdvice]]
    if (readsText(schema) || kindOf(schema) === 'anything') return []
    const [fault] = misfits(publishedSchemas(contract)[side], schema, 'input', '')
    if (!fault) return []
    const where = fault.path === '' ? '' : `, at ${fault.path}`
    const message = `does not take every ${side} of ${judged}: the "${side}" of ${name} has another form${where}`
    return [['model', message, inputAdvice]]
  })
}

function valueFaults({ contract, metric, judge, asked }: Judging): readonly JudgeFault[] {
  const name = contractName(judge.model, judge.major)
  const { output } = publishedSchemas(asked)
  const wanted = ownEntry(contract.metrics ?? {}, metric)?.type
  const found = schemaAt(output, judge.value)
  if (!found) {
    const known = Object.keys(output.properties ?? {}).map((field) => `/${field}`)
    const { suggestion = valueAdvice } = didYouMean(judge.value, known)
    return [['value', `names nothing in the output of ${name}: "${judge.value}"`, suggestion]]
  }
  const types = typesOf(found) ?? []
  const fits = wanted === 'boolean' ? types[0] === 'boolean' : types[0] === 'number' || types[0] === 'integer'
  if (fits && types.length === 1) return []
  const message = `must be a ${wanted} in the output of ${name}, as ${metric} is declared: "${judge.value}"`
  return [['value', message, valueAdvice]]
}

/** Of the revision that calls are held against. */
export function publishedSchemas(contract: ContractState): { readonly input: Schema; readonly output: Schema } {
  return contract.revisions[publishedOf(contract) - 1] ?? { input: {}, output: {} }
}

/** Undefined where no such place is declared. */
export function schemaAt(output: Schema, pointer: string): Schema | undefined {
  return pathKeys(pointer).reduce<Schema | undefined>((schema, key) => {
    if (!schema) return undefined
    const place = /^\d+$/.test(key) ? (schema.prefixItems?.[Number(key)] ?? schema.items) : undefined
    const more = additionalOf(schema)
    return propertyOf(schema, key) ?? place ?? (typeof more === 'object' ? more : undefined)
  }, output)
}
