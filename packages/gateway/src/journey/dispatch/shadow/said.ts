import { compareOutputs } from '@astraapi/statistics'
import { dialects } from '../../../dialects/dialects.ts'
import type { Item, WholeAnswer } from '../../../kernel/answer.ts'
import type { Call } from '../../../kernel/call.ts'
import type { Contract } from '../../../kernel/catalog.ts'
import type { ShadowSkipReason } from '../../../kernel/shadow.ts'
import type { Dialect } from '../../../kernel/wire.ts'
import { weigh } from './weigh.ts'

/** What can be compared of an answer, not read yet. */
export type Said =
  | { readonly form: 'items'; readonly items: readonly Item[] }
  /** Upstream's own bytes. */
  | { readonly form: 'relayed'; readonly bytes: Buffer; readonly dialect: Dialect }
  /** All that a stream said. */
  | { readonly form: 'text'; readonly text: string }
  | { readonly form: 'none'; readonly why: ShadowSkipReason }

/** Longer answers are not compared. */
export const saidBytesMax = 64 * 1024
/** Of the items of a list. */
const itemsMax = 100

export function saidBy({ items, relayed }: WholeAnswer, { wire }: Call): Said {
  if (!relayed) return { form: 'items', items }
  return wire ? { form: 'relayed', bytes: relayed, dialect: wire.dialect } : { form: 'none', why: 'form' }
}

/** The same, or that it is too long: what is kept of it while its copy runs. */
export function bounded(said: Said): Said {
  const content = said.form === 'items' ? said.items : said.form === 'relayed' ? said.bytes : undefined
  return weigh(content, saidBytesMax) > saidBytesMax ? { form: 'none', why: 'too-large' } : said
}

export interface Compared {
  readonly agree: boolean
  /** 0 (the same) to 1. Of a list, the mean. */
  readonly distance: number
  readonly measure: string
}

/** Its cost is bounded, as what was said is. */
export function compareSaid(served: Said, copy: Said, contract: Contract): Compared | ShadowSkipReason {
  if (served.form === 'none') return served.why
  if (copy.form === 'none') return copy.why
  if (served.form === 'text') {
    return copy.form === 'text' ? compareOutputs(served.text, copy.text, { measure: 'text' }) : 'form'
  }
  if (copy.form === 'text') return 'form'
  const [these, those] = [itemsIn(served), itemsIn(copy)]
  return these && those ? compareItems(these, those, contract) : 'form'
}

/** Items that failed for both sides say nothing; those that failed for one are as far apart as can be. */
function compareItems(these: readonly Item[], those: readonly Item[], { published }: Contract) {
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
    const found = compareOutputs(one.output, other.output, { schema: published.output })
    agree &&= found.agree
    sum += found.distance
    measure ??= found.measure
  }
  return compared === 0 ? 'form' : { agree, distance: sum / compared, measure: measure ?? 'error' }
}

/** Undefined where they cannot be read. */
function itemsIn(said: Extract<Said, { form: 'items' | 'relayed' }>): readonly Item[] | undefined {
  if (said.form === 'items') return said.items
  try {
    return dialects[said.dialect].ask.readAnswer(JSON.parse(said.bytes.toString())).items
  } catch {
    return undefined
  }
}
