import { remainingOf, resetMsOf } from '../../kernel/bounds.ts'
import {
  type Amounts,
  type Counted,
  type CounterState,
  type Counters,
  type Marks,
  markSize,
  type Spent,
  type Take,
  type Taken,
} from '../../kernel/limits.ts'

/** Where a take of a rate stood. */
export type Mark = Marks

export interface AskedTake extends Take {
  /** Left out: it does. */
  readonly settles?: boolean
}

export interface MarkedTake extends AskedTake {
  readonly mark?: Mark
}

/** Of a rate that has none beside others that do. */
const noMark: Mark = Array<number>(markSize).fill(Number.NaN)

/** What became of each take, in lists. */
interface Told {
  readonly remaining: readonly number[]
  readonly resetMs: readonly number[]
}
export type ToldTaken =
  | (Told & { readonly taken: true; readonly marks: readonly (Mark | undefined)[] })
  | (Told & { readonly taken: false; readonly refusedAt: number; readonly retryAfterMs: number | undefined })

export type ByTakes = ReturnType<typeof byTakes<Counters>>

/**
 * Counters as a test asks them: each counter beside its own amount. They are asked as a gateway asks: who takes as much takes the same
 * amount, and the same counters are the same list again.
 */
export function byTakes<Some extends Counters>(counters: Some) {
  const lists = new Map<string, readonly Counted[]>()
  const listOf = (takes: readonly AskedTake[], amounts: Amounts): readonly Counted[] => {
    const list = countedOf(takes, amounts)
    const text = JSON.stringify(list)
    const known = lists.get(text) ?? list
    lists.set(text, known)
    return known
  }
  return {
    ...counters,
    take(takes: readonly AskedTake[], leaseId: string): ToldTaken | Promise<ToldTaken> {
      const amounts = amountsOf(takes)
      const asked = listOf(takes, amounts)
      const taken = counters.take(asked, amounts, leaseId)
      return taken instanceof Promise ? taken.then((taken) => toldOf(asked, taken)) : toldOf(asked, taken)
    },
    /** As one writer tells it. */
    restore: (takes: readonly Take[], writer = 'a') => counters.restore(spentOf(takes, writer)),
    raise: (takes: readonly Take[], writer = 'a') => counters.raise(spentOf(takes, writer)),
    settle(takes: readonly MarkedTake[], leaseId: string): void {
      const amounts = amountsOf(takes)
      const rates = takes.filter(isMarked)
      const marks = rates.some(({ mark }) => mark) ? rates.flatMap(({ mark = noMark }) => mark) : undefined
      counters.settle(listOf(takes, amounts), amounts, leaseId, marks)
    },
  }
}

function spentOf(takes: readonly Take[], writer: string): readonly Spent[] {
  return takes.map(({ key, bound, amount }) => ({ key, bound, by: new Map([[writer, amount]]) }))
}

function countedOf(takes: readonly AskedTake[], amounts: Amounts): readonly Counted[] {
  const places = new Map(amounts.map((amount, place) => [amount, place]))
  return takes.map(({ key, bound, amount, settles = true }) => ({ key, bound, of: places.get(amount) ?? -1, settles }))
}

/** Each once. */
function amountsOf(takes: readonly Take[]): Amounts {
  return [...new Set(takes.map(({ amount }) => amount))]
}

function isMarked({ bound, settles = true }: AskedTake | Counted): boolean {
  return settles && bound.type === 'rate'
}

function toldOf(asked: readonly Counted[], taken: Taken): ToldTaken {
  const states = asked.map(({ bound }, place): CounterState => {
    const used = taken.used[place] ?? Number.NaN
    return { remaining: remainingOf(bound, used), resetMs: resetMsOf(bound, used, taken.nowMs) }
  })
  const told = { remaining: states.map(({ remaining }) => remaining), resetMs: states.map(({ resetMs }) => resetMs) }
  if (!taken.taken) return { ...told, taken: false, refusedAt: taken.refusedAt, retryAfterMs: taken.retryAfterMs }
  let marked = 0
  const marks = asked.map((one): Mark | undefined => {
    if (!isMarked(one)) return undefined
    marked += markSize
    return taken.marks?.slice(marked - markSize, marked)
  })
  return { ...told, taken: true, marks }
}
