import type { Amounts, LimitKind } from '../../kernel/limits.ts'
import type { Need } from './need.ts'

/** Which of its amounts a call takes of a bound of each kind. */
export const amountAt: Readonly<Record<LimitKind, number>> = {
  requests: 0,
  items: 1,
  tokens: 2,
  concurrent: 3,
  'budget-day': 4,
  'budget-month': 4,
}

/** Requests and items that were let in stay used, whatever becomes of them. */
export const settled: ReadonlySet<LimitKind> = new Set(['tokens', 'concurrent', 'budget-day', 'budget-month'])

export const noAmounts: Amounts = [0, 0, 0, 0, 0]

/** Of a call that asks no model. */
export const oneRequest: Amounts = [1, 0, 0, 0, 0]

/** Of `Asking.bits`. */
export const placeBit = 1 << amountAt.concurrent

/** A place in flight that becomes free. */
export const placeBack: Amounts = [0, 0, 0, -1, 0]

export function amountsOf({ requests, items, tokens, costUsd }: Need): Amounts {
  return [requests, items, tokens, 1, costUsd]
}
