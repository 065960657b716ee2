import type { Amounts, Counted, LimitKind } from '../../kernel/limits.ts'
import type { OwnedBound } from './limits-of.ts'
import { type Periods, periodsAt } from './period.ts'

/**
 * How counters are asked about some bounds: made once for each list of bounds, length of a lease and day, as what was made anew for
 * each call of 30 bounds was 3 kB of it.
 */
export interface Asking {
  readonly bounds: readonly OwnedBound[]
  readonly periods: Periods
  /** Of each bound. */
  readonly counted: readonly Counted[]
  /** Of those which are settled when a call ends. */
  readonly settled: readonly Counted[]
  /** Of each kind that headers tell, where its bounds stand among all. */
  readonly told: readonly (readonly number[])[]
  /** Which amounts its bounds take, a bit for each. */
  readonly bits: number
  /** Tokens or cost. */
  readonly metered: boolean
  /** The same of fewer amounts, by their bits. */
  readonly narrowed: Map<number, Asking>
}

/** Money is no unit of a rate: budgets are told when they refuse. */
const toldKinds: readonly LimitKind[] = ['requests', 'items', 'tokens', 'concurrent']

/** By the length of a lease. */
const askings = new WeakMap<readonly OwnedBound[], Map<number, Asking>>()

export function askingOf(bounds: readonly OwnedBound[], at: number, leaseMs: number): Asking {
  let byLease = askings.get(bounds)
  if (!byLease) {
    byLease = new Map()
    askings.set(bounds, byLease)
  }
  const periods = periodsAt(at)
  const known = byLease.get(leaseMs)
  if (known?.periods === periods) return known
  const counted = bounds.map((bound) => bound.counted(periods, leaseMs))
  const asking = newAsking(bounds, counted, periods)
  byLease.set(leaseMs, asking)
  return asking
}

/** Of those bounds alone of which something is needed: the others are left as they are. */
export function askingFor(amounts: Amounts, asking: Asking): Asking {
  let bits = 0
  for (let at = 0; at < amounts.length; at++) if ((amounts[at] ?? 0) > 0) bits |= 1 << at
  bits &= asking.bits
  if (bits === asking.bits) return asking
  const known = asking.narrowed.get(bits)
  if (known) return known
  const { bounds, counted, periods } = asking
  const isNeeded = (one: Counted) => (bits & (1 << one.of)) !== 0
  const needed = newAsking(
    bounds.filter((_, place) => counted[place] && isNeeded(counted[place])),
    counted.filter(isNeeded),
    periods,
  )
  asking.narrowed.set(bits, needed)
  return needed
}

function newAsking(bounds: readonly OwnedBound[], counted: readonly Counted[], periods: Periods): Asking {
  const placesOf = (kind: LimitKind) => bounds.flatMap((bound, place) => (bound.kind === kind ? [place] : []))
  return {
    bounds,
    periods,
    counted,
    settled: counted.filter(({ settles }) => settles),
    told: toldKinds.map(placesOf).filter(({ length }) => length > 0),
    bits: counted.reduce((bits, { of }) => bits | (1 << of), 0),
    metered: counted.some(({ settles, bound }) => settles && bound.type !== 'concurrent'),
    narrowed: new Map(),
  }
}
