import { AstraError } from '../../../kernel/errors.ts'
import type { Amounts, Counted, CounterStates, Counters, Taken } from '../../../kernel/limits.ts'

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
  const max = ({ bound }: Counted) => (bound.type === 'rate' ? bound.burst : bound.max)
  const statesOf = (asked: readonly Counted[]): CounterStates => ({
    used: asked.map(({ key }) => of(key).amount),
    nowMs: 0,
  })
  const take = (asked: readonly Counted[], amounts: Amounts): Taken => {
    const amountOf = (one: Counted) => amounts[one.of] ?? 0
    const refusedAt = asked.findIndex((one) => amountOf(one) > 0 && of(one.key).amount + amountOf(one) > max(one))
    const refused = asked[refusedAt]
    if (refused) {
      const retryAfterMs = amountOf(refused) > max(refused) ? undefined : 2000
      return { taken: false, refusedAt, retryAfterMs, ...statesOf(asked) }
    }
    for (const one of asked) of(one.key).amount += amountOf(one)
    return { taken: true, ...statesOf(asked) }
  }
  const counters: Counters = {
    take(asked, amounts) {
      // Those in memory, that are full, say so at once.
      if (state.broken && !asks) throw new AstraError('limits_unavailable')
      if (state.broken) return Promise.reject(new AstraError('limits_unavailable'))
      return asks ? Promise.resolve().then(() => take(asked, amounts)) : take(asked, amounts)
    },
    settle(asked, amounts) {
      for (const one of asked) {
        const amount = amounts[one.of] ?? 0
        if (amount !== 0) of(one.key).amount += amount
      }
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
