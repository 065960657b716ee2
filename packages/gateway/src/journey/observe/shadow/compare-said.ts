import { type CompareOptions, compareOutputs } from '@astraapi/statistics'
import type { Item } from '../../../kernel/answer.ts'
import type { Contract } from '../../../kernel/catalog.ts'
import type { Said } from '../../../kernel/observation.ts'
import { pathKeys } from '../../../kernel/schema/facets.ts'
import type { ShadowCompare, ShadowMeasure, ShadowSkipReason } from '../../../kernel/shadow.ts'
import type { Holes } from '../pointers.ts'
import { readRelayed } from '../said.ts'
import { leftOut } from './left-out.ts'

/** Of the items of a list. */
const itemsMax = 100

export interface Compared {
  readonly agree: boolean
  /** 0 (the same) to 1. Of a list, the mean. */
  readonly distance: number
  readonly measure: string
}

/** What a declared tolerance is of. */
const toleranceOf: Readonly<Record<ShadowMeasure, keyof CompareOptions | undefined>> = {
  label: undefined,
  number: 'numberTolerance',
  vector: 'vectorTolerance',
  text: 'textTolerance',
  json: 'numberTolerance',
}

/** Its cost is bounded, as what was said is. */
export function compareSaid(served: Said, copy: Said, contract: Contract): Compared | ShadowSkipReason {
  if (served.form === 'none') return served.why
  if (copy.form === 'none') return copy.why
  if (served.form === 'text') {
    const options = { ...optionsOf(contract), measure: 'text' } as const
    return copy.form === 'text' ? compareOutputs(served.text, copy.text, options) : 'form'
  }
  if (copy.form === 'text') return 'form'
  const [these, those] = [itemsIn(served), itemsIn(copy)]
  return these && those ? compareItems(these, those, contract) : 'form'
}

/** Items that failed for both sides say nothing; those that failed for one are as far apart as can be. */
function compareItems(these: readonly Item[], those: readonly Item[], contract: Contract) {
  const options = { ...optionsOf(contract), schema: contract.published.output }
  const holes: Holes = (contract.shadow?.compare?.ignore ?? []).map(pathKeys)
  let compared = 0
  let agree = true
  let sum = 0
  let measure: string | undefined
  for (const [place, one] of these.slice(0, itemsMax).entries()) {
    const other = those[place]
    if (other === undefined || ('error' in one && 'error' in other)) continue
    compared++
    if ('error' in one || 'error' in other) {
      agree = false
      sum += 1
      continue
    }
    const found = compareOutputs(leftOut(one.output, holes), leftOut(other.output, holes), options)
    agree &&= found.agree
    sum += found.distance
    measure ??= found.measure
  }
  return compared === 0 ? 'form' : { agree, distance: sum / compared, measure: measure ?? 'error' }
}

function itemsIn(said: Extract<Said, { form: 'items' | 'relayed' }>): readonly Item[] | undefined {
  return said.form === 'items' ? said.items : readRelayed(said)
}

function optionsOf({ shadow }: Contract): CompareOptions {
  const { measure, tolerance }: ShadowCompare = shadow?.compare ?? {}
  if (measure === undefined) return {}
  const of = toleranceOf[measure]
  return of === undefined || tolerance === undefined ? { measure } : { measure, [of]: tolerance }
}
