import { AstraError } from '../../../kernel/errors.ts'
import type { CounterStates, Counters, Take, Taken } from '../../../kernel/limits.ts'

interface Used {
  /** Of a rate: in the interval; of a sum, of leases: so many. */
  amount: number
}

/**
 * Counters that a test reads: what is used of each, by its key. Nothing flows back with time, so that what was not settled shows;
 * leases are counted by how often they were taken and given back.
 */
export function fakeCounters({ asks = false }: { readonly asks?: boolean } = {}) {
  const used = new Map<string, Used>()
  const state = { broken: false }
  const of = (key: string) => {
    const known = used.get(key) ?? { amount: 0 }
    used.set(key, known)
    return known
  }
  const max = ({ bound }: Take) => (bound.type === 'rate' ? bound.burst : bound.max)
  const statesOf = (takes: readonly Take[]): CounterStates => ({
    remaining: takes.map((take) => Math.max(0, max(take) - of(take.key).amount)),
    resetMs: takes.map(({ key }) => (of(key).amount > 0 ? 1000 : 0)),
  })
  const take = (takes: readonly Take[]): Taken => {
    const refusedAt = takes.findIndex((one) => one.amount > 0 && of(one.key).amount + one.amount > max(one))
    const refused = takes[refusedAt]
    if (refused) {
      const retryAfterMs = refused.amount > max(refused) ? undefined : 2000
      return { taken: false, refusedAt, retryAfterMs, ...statesOf(takes) }
    }
    for (const { key, amount } of takes) of(key).amount += amount
    return { taken: true, ...statesOf(takes) }
  }
  const counters: Counters = {
    take(takes) {
      if (state.broken) return Promise.reject(new AstraError('limits_unavailable'))
      return asks ? Promise.resolve().then(() => take(takes)) : take(takes)
    },
    settle(takes) {
      for (const { key, amount } of takes) of(key).amount += amount
    },
    restore: () => {},
    raise: () => {},
    fault: () => (state.broken ? 'broken' : undefined),
    close: async () => {},
  }
  return {
    counters,
    state,
    used: () => Object.fromEntries([...used].map(([key, { amount }]) => [key, amount])),
  }
}
