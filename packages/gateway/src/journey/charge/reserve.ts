import type { Clock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import type {
  CounterState,
  Counters,
  LimitKind,
  LimitStatus,
  Reservation,
  Take,
  Taken,
  Used,
} from '../../kernel/limits.ts'
import type { AssignedCall } from '../assign/assign.ts'
import type { ChargedCall } from './in-flight.ts'
import { limitRefusal } from './limit-refusal.ts'
import { limitsOf, type OwnedBound } from './limits-of.ts'
import { type Need, type NeedPorts, needOf, nothing } from './need.ts'

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

/** Where in its counter each of the takes lies. */
type Marks = Extract<Taken, { readonly taken: true }>['marks']

/** Beyond the contract's time limit a place in flight is held for so long at most: for what ends a call after it. */
const leaseSlackMs = 60_000

export function createReserve(ports: ReservePorts): Reserve {
  const { counters, clock, unchecked } = ports

  /**
   * Of some bounds together; `done` gets what was taken. A refusal is given, not thrown: a function that always throws V8 never
   * compiles, which made a refusal 8 us dearer.
   */
  const ask = (asked: Asked, assigned: AssignedCall, done: (marks: Marks) => void): Met | AstraError | Promise<Met> => {
    const answer = (taken: Taken): Met | AstraError => {
      const limits = asked.bounds.map((bound, i) => statusOf(bound, taken.states[i] ?? unknown, asked.at))
      if (taken.taken) {
        done(taken.marks)
        return limits
      }
      return limitRefusal(limits, taken, asked.takes[taken.refusedAt]?.amount ?? 1)
    }
    const unavailable = (thrown: unknown): Met => {
      const open = (assigned.contract.limits.whenUnavailable ?? 'open') === 'open'
      if (!(thrown instanceof AstraError && thrown.code === 'limits_unavailable' && open)) throw thrown
      unchecked()
      return undefined
    }
    if (asked.takes.length === 0) {
      done(undefined)
      return undefined
    }
    let taking: Taken | Promise<Taken>
    try {
      taking = counters.take(asked.takes, assigned.call.id)
    } catch (thrown) {
      return unavailable(thrown)
    }
    return taking instanceof Promise ? taking.then(answer, unavailable).then(metOrThrow) : answer(taking)
  }

  return {
    reserve(charged, record) {
      // Whatever goes wrong from here on, the call's place is free again.
      try {
        const bounds = limitsOf(charged)
        if (bounds.length === 0) return undefined
        const { call, contract } = charged
        const at = clock.now()
        const leaseMs = contract.limits.timeoutMs + leaseSlackMs
        const need = needOf(charged, bounds, at, ports)
        const asked = askedOf(bounds, need, at, leaseMs)
        const met = ask(asked, charged, (marks) => {
          const marked = { bounds: asked.bounds, marks }
          record.holds(reservationOf(bounds, need, { counters, leaseId: call.id, at, leaseMs, marked }))
        })
        if (met instanceof AstraError) charged.release()
        return met instanceof Promise ? met.catch((thrown) => giveUp(charged, thrown)) : met
      } catch (thrown) {
        return giveUp(charged, thrown)
      }
    },
    admitHit(assigned) {
      const bounds = limitsOf(assigned).filter(({ kind }) => kind === 'requests')
      if (bounds.length === 0) return undefined
      const met = ask(askedOf(bounds, nothing, clock.now(), 0), assigned, () => {})
      return met instanceof Promise ? met : metOrThrow(met)
    },
    async look(bounds) {
      if (bounds.length === 0) return []
      const at = clock.now()
      const { states } = await counters.take(
        bounds.map((bound) => bound.take(0, at, 0)),
        'look',
      )
      return bounds.map((bound, i) => statusOf(bound, states[i] ?? unknown, at))
    },
  }
}

function metOrThrow(met: Met | AstraError): Met {
  if (met instanceof AstraError) throw met
  return met
}

function giveUp(charged: ChargedCall, thrown: unknown): never {
  charged.release()
  throw thrown
}

/** What is taken, and of which bounds: those that the call needs nothing of are left alone. */
interface Asked {
  readonly bounds: readonly OwnedBound[]
  readonly takes: readonly Take[]
  readonly at: number
}

const unknown: CounterState = { remaining: 0, resetMs: 0 }

function askedOf(bounds: readonly OwnedBound[], need: Need, at: number, leaseMs: number): Asked {
  const needed = bounds.filter(({ kind }) => amounts[kind](need) > 0)
  return { bounds: needed, takes: needed.map((bound) => bound.take(amounts[bound.kind](need), at, leaseMs)), at }
}

const amounts: Readonly<Record<LimitKind, (need: Need) => number>> = {
  requests: ({ requests }) => requests,
  items: ({ items }) => items,
  tokens: ({ tokens }) => tokens,
  concurrent: () => 1,
  'budget-day': ({ costUsd }) => costUsd,
  'budget-month': ({ costUsd }) => costUsd,
}

/** What is settled by what was used. Requests and items that were let in stay used, whatever becomes of them. */
const settled: Partial<Readonly<Record<LimitKind, (used: Used, need: Need) => number>>> = {
  // Of an answer whose tokens nobody knows, what was reserved for it stays used; of one that nobody has heard, what was for the answer.
  tokens: ({ tokens, unheard }, need) => (tokens ?? need.tokens) + unheard * need.outputTokens,
  'budget-day': costUsed,
  'budget-month': costUsed,
}

function costUsed({ costUsd = 0, unpriced, unheard }: Used, need: Need): number {
  const known = costUsd + unheard * need.outputUsd
  return unpriced ? Math.max(known, need.costUsd) : known
}

interface Settling {
  readonly counters: Counters
  readonly leaseId: string
  readonly at: number
  readonly leaseMs: number
  /** What was asked of, and the marks that it got. */
  readonly marked: { readonly bounds: readonly OwnedBound[]; readonly marks: Marks }
}

function reservationOf(
  bounds: readonly OwnedBound[],
  need: Need,
  { counters, leaseId, at, leaseMs, marked: { bounds: asked, marks } }: Settling,
): Reservation {
  const settle = (amountOf: (kind: LimitKind) => number) => {
    const takes: Take[] = []
    for (const bound of bounds) {
      const amount = amountOf(bound.kind)
      if (amount === 0) continue
      const take = bound.take(amount, at, leaseMs)
      const mark = amount < 0 ? marks?.[asked.indexOf(bound)] : undefined
      takes.push(mark ? { ...take, mark } : take)
    }
    if (takes.length > 0) counters.settle(takes, leaseId)
  }
  return {
    ended: () => settle((kind) => (kind === 'concurrent' ? -1 : 0)),
    settle: (used) => settle((kind) => (settled[kind] ? settled[kind](used, need) - amounts[kind](need) : 0)),
  }
}

function statusOf(bound: OwnedBound, { remaining, resetMs }: CounterState, at: number): LimitStatus {
  const { owner, kind, limit, burst } = bound
  const status = { owner, kind, limit, windowMs: bound.windowMs(at), remaining, resetMs }
  return burst === undefined ? status : { ...status, burst }
}
