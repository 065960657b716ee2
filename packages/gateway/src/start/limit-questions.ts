import type { Caller } from '../kernel/caller.ts'
import type { Clock } from '../kernel/clock.ts'
import { refusal } from '../kernel/errors.ts'
import type { Bound } from '../kernel/limits.ts'
import { memoryCounters } from '../stores/memory/counters.ts'

const bound = { type: 'rate', amount: 60, perMs: 60_000, burst: 20 } as const satisfies Bound

/**
 * How often who may only infer asks about calls: each question reads the store. Counted by this gateway alone, beside the key's own
 * limits, so that whoever is refused for one of those can still ask why.
 */
export function limitQuestions(clock: Clock): (caller: Pick<Caller, 'keyId' | 'consumer'>) => Promise<void> {
  const counters = memoryCounters({ clock, keysMax: 100_000 })
  return async ({ keyId, consumer }) => {
    const taken = await counters.take([{ key: `${keyId}/${consumer}`, bound, of: 0, settles: false }], [1], '')
    if (taken.taken) return
    const { retryAfterMs } = taken
    throw refusal('rate_limited', {
      detail: `Calls are explained to one key ${bound.amount} times a minute at most, ${bound.burst} at once`,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  }
}
