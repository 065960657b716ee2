import { remainingOf, resetMsOf } from '../../kernel/bounds.ts'
import type { Counted, CounterState, Counters, Take, Taken } from '../../kernel/limits.ts'

/** Where a take of a rate stood. */
export type Mark = readonly [number, number]

export interface MarkedTake extends Take {
  readonly mark?: Mark
}

/** What became of each take, in lists. */
interface Told {
  readonly remaining: readonly number[]
  readonly resetMs: readonly number[]
}
export type ToldTaken =
  | (Told & { readonly taken: true; readonly marks: readonly (Mark | undefined)[] })
  | (Told & { readonly taken: false; readonly refusedAt: number; readonly retryAfterMs: number | undefined })

export type ByTakes = ReturnType<typeof byTakes<Counters>>

/** Counters as a test asks them: each counter beside its own amount. */
export function byTakes<Some extends Counters>(counters: Some) {
  return {
    ...counters,
    take(takes: readonly Take[], leaseId: string): ToldTaken | Promise<ToldTaken> {
      const asked = countedOf(takes)
      const taken = counters.take(asked, amountsOf(takes), leaseId)
      return taken instanceof Promise ? taken.then((taken) => toldOf(asked, taken)) : toldOf(asked, taken)
    },
    /** Those with a mark, and those without, are settled one after the other. */
    settle(takes: readonly MarkedTake[], leaseId: string): void {
      const marked = takes.filter(({ mark }) => mark)
      const others = takes.filter(({ mark }) => !mark)
      const marks = marked.flatMap(({ mark = [] }) => mark)
      if (marked.length > 0) counters.settle(countedOf(marked), amountsOf(marked), leaseId, marks)
      if (others.length > 0) counters.settle(countedOf(others), amountsOf(others), leaseId)
    },
  }
}

function countedOf(takes: readonly Take[]): readonly Counted[] {
  return takes.map(({ key, bound }, of) => ({ key, bound, of, settles: true }))
}

function amountsOf(takes: readonly Take[]): readonly number[] {
  return takes.map(({ amount }) => amount)
}

function toldOf(asked: readonly Counted[], taken: Taken): ToldTaken {
  const states = asked.map(({ bound }, place): CounterState => {
    const used = taken.used[place] ?? Number.NaN
    return { remaining: remainingOf(bound, used), resetMs: resetMsOf(bound, used, taken.nowMs) }
  })
  const told = { remaining: states.map(({ remaining }) => remaining), resetMs: states.map(({ resetMs }) => resetMs) }
  if (!taken.taken) return { ...told, taken: false, refusedAt: taken.refusedAt, retryAfterMs: taken.retryAfterMs }
  let marked = 0
  const marks = asked.map(({ bound }): Mark | undefined => {
    if (bound.type !== 'rate') return undefined
    const [born = Number.NaN, upTo = Number.NaN] = taken.marks?.slice(marked, marked + 2) ?? []
    marked += 2
    return [born, upTo]
  })
  return { ...told, taken: true, marks }
}
