import type { Clock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { Counters, LimitStatus, Reservation, Taken } from '../../kernel/limits.ts'
import type { AssignedCall } from '../assign/assign.ts'
import { amountsOf, noAmounts, oneRequest } from './amounts.ts'
import { askingFor, askingOf } from './asking.ts'
import type { ChargedCall } from './in-flight.ts'
import { limitRefusal } from './limit-refusal.ts'
import { limitsOf, type OwnedBound } from './limits-of.ts'
import { type NeedPorts, needOf, nothing } from './need.ts'
import { Reserved, type Reserving } from './reserved.ts'
import { statusOf, tightest } from './tightest.ts'

export interface ReservePorts extends NeedPorts {
  readonly counters: Counters
  readonly clock: Pick<Clock, 'now'>
  /** A call goes on unlimited, as its limits cannot be checked and its contract says so. */
  readonly unchecked: () => void
}

/** Whoever knows when a call ends, and what it used. */
export interface ReservationHolder {
  holds(reservation: Reservation): void
}

/** What a call met, for its headers. Undefined where nothing bounds it. */
export type Met = readonly LimitStatus[] | undefined

export interface Reserve {
  /**
   * Takes all that the call may use from every bound, at once or not at all; `record` settles it. Gives, or rejects with,
   * `rate_limited`, `budget_exhausted` or `overloaded`, throws or rejects with `limits_unavailable`, and gives the call's place back
   * then. A promise only where counters have to be asked.
   */
  reserve(charged: ChargedCall, record: ReservationHolder): Met | AstraError | Promise<Met>
  /** The same for a call that a cache answers: it counts as a request, and uses up nothing else. */
  admitHit(assigned: AssignedCall): Met | Promise<Met>
  /** How bounds stand, taking nothing. */
  look(bounds: readonly OwnedBound[]): Promise<readonly LimitStatus[]>
}

/** Beyond the contract's time limit a place in flight is held for so long at most: for what ends a call after it. */
const leaseSlackMs = 60_000

export function createReserve(ports: ReservePorts): Reserve {
  const { counters, clock } = ports

  // Only for counters that answer later are closures made: in one function with the other way, each call would make them.
  const reserve = (charged: ChargedCall, record: ReservationHolder): Met | AstraError | Promise<Met> => {
    const bounds = limitsOf(charged)
    if (bounds.length === 0) return undefined
    const reserving = reservingOf(charged, bounds, ports)
    const taking = take(reserving, charged, ports)
    if (taking instanceof Promise) return whenHeld(taking, reserving, charged, record)
    return taking && held(taking, reserving, charged, record)
  }
  const whenHeld = (
    taking: Promise<Taken | undefined>,
    reserving: Reserving,
    charged: ChargedCall,
    record: ReservationHolder,
  ) =>
    taking
      .then((taken) => taken && held(taken, reserving, charged, record))
      .then(metOrThrow)
      .catch((thrown) => giveUp(charged, thrown))
  const held = (
    taken: Taken,
    reserving: Reserving,
    { call }: ChargedCall,
    record: ReservationHolder,
  ): Met | AstraError => {
    if (taken.taken) record.holds(new Reserved(counters, reserving, call.id, taken.marks))
    return metOf(reserving, taken)
  }

  return {
    reserve(charged, record) {
      // Whatever goes wrong from here on, the call's place is free again.
      try {
        const met = reserve(charged, record)
        if (met instanceof AstraError) charged.release()
        return met
      } catch (thrown) {
        return giveUp(charged, thrown)
      }
    },
    admitHit(assigned) {
      const bounds = limitsOf(assigned)
      if (bounds.length === 0) return undefined
      const at = clock.now()
      const all = askingOf(bounds, at, 0)
      const reserving = { all, needed: askingFor(oneRequest, all), need: nothing, amounts: oneRequest, at }
      const taking = take(reserving, assigned, ports)
      return taking instanceof Promise ? whenMet(taking, reserving) : taking && metOrThrow(metOf(reserving, taking))
    },
    async look(bounds) {
      if (bounds.length === 0) return []
      const at = clock.now()
      const asking = askingOf(bounds, at, 0)
      const taken = await counters.take(asking.counted, noAmounts, 'look')
      return bounds.map((bound, place) => statusOf(bound, asking.counted[place], taken, place, at))
    },
  }
}

function reservingOf(charged: ChargedCall, bounds: readonly OwnedBound[], ports: ReservePorts): Reserving {
  const at = ports.clock.now()
  const all = askingOf(bounds, at, charged.contract.limits.timeoutMs + leaseSlackMs)
  const need = needOf(charged, all.metered, at, ports)
  const amounts = amountsOf(need)
  return { all, needed: askingFor(amounts, all), need, amounts, at }
}

const nothingTaken: Taken = { taken: true, used: [], nowMs: 0 }

/** Undefined where limits cannot be checked, and the call goes on. */
function take(
  { needed: { counted }, amounts }: Reserving,
  assigned: AssignedCall,
  ports: ReservePorts,
): Taken | undefined | Promise<Taken | undefined> {
  if (counted.length === 0) return nothingTaken
  try {
    const taking = ports.counters.take(counted, amounts, assigned.call.id)
    return taking instanceof Promise ? orUnchecked(taking, assigned, ports) : taking
  } catch (thrown) {
    return unchecked(thrown, assigned, ports)
  }
}

function orUnchecked(taking: Promise<Taken>, assigned: AssignedCall, ports: ReservePorts): Promise<Taken | undefined> {
  return taking.catch((thrown) => unchecked(thrown, assigned, ports))
}

function unchecked(thrown: unknown, { contract }: AssignedCall, ports: ReservePorts): undefined {
  const open = (contract.limits.whenUnavailable ?? 'open') === 'open'
  if (!(thrown instanceof AstraError && thrown.code === 'limits_unavailable' && open)) throw thrown
  ports.unchecked()
}

function whenMet(taking: Promise<Taken | undefined>, reserving: Reserving): Promise<Met> {
  return taking.then((taken) => taken && metOrThrow(metOf(reserving, taken)))
}

function metOrThrow(met: Met | AstraError): Met {
  if (met instanceof AstraError) throw met
  return met
}

function giveUp(charged: ChargedCall, thrown: unknown): never {
  charged.release()
  throw thrown
}

/** A refusal is given, not thrown: a function that always throws V8 never compiles, which made a refusal 8 us dearer. */
function metOf({ needed, amounts, at }: Reserving, taken: Taken): Met | AstraError {
  if (needed.bounds.length === 0) return undefined
  const limits = tightest(needed, taken, at)
  if (taken.taken) return limits
  const { refusedAt } = taken
  const refusedBy = needed.bounds[refusedAt]
  if (!refusedBy) return new AstraError('internal', { reason: `counters refused at ${refusedAt}` })
  const amount = amounts[needed.counted[refusedAt]?.of ?? 0] ?? 1
  return limitRefusal(
    statusOf(refusedBy, needed.counted[refusedAt], taken, refusedAt, at),
    limits,
    taken.retryAfterMs,
    amount,
  )
}
