import type { Clock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import {
  type CounterStates,
  type Counters,
  type LimitKind,
  type LimitStatus,
  limitKinds,
  type Reservation,
  type Take,
  type Taken,
  type Used,
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
      const limits = tightest(asked.bounds, taken, asked.at)
      if (taken.taken) {
        done(taken.marks)
        return limits
      }
      const refusedBy = asked.bounds[taken.refusedAt]
      if (!refusedBy) return new AstraError('internal', { reason: `counters refused at ${taken.refusedAt}` })
      const amount = asked.takes[taken.refusedAt]?.amount ?? 1
      return limitRefusal(statusOf(refusedBy, taken, taken.refusedAt, asked.at), limits, taken.retryAfterMs, amount)
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
          record.holds(new Reserved(bounds, need, { counters, leaseId: call.id, leaseMs, asked, marks }))
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
      const taken = await counters.take(
        bounds.map((bound) => bound.take(0, at, 0)),
        'look',
      )
      return bounds.map((bound, i) => statusOf(bound, taken, i, at))
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

function askedOf(bounds: readonly OwnedBound[], need: Need, at: number, leaseMs: number): Asked {
  const needs = ({ kind }: OwnedBound) => amountOf(kind, need) > 0
  const needed = bounds.every(needs) ? bounds : bounds.filter(needs)
  return { bounds: needed, takes: needed.map((bound) => bound.take(amountOf(bound.kind, need), at, leaseMs)), at }
}

function amountOf(kind: LimitKind, need: Need): number {
  switch (kind) {
    case 'requests':
      return need.requests
    case 'items':
      return need.items
    case 'tokens':
      return need.tokens
    case 'concurrent':
      return 1
    default:
      return need.costUsd
  }
}

function costUsed({ costUsd = 0, unpriced, unheard }: Used, need: Need): number {
  const known = costUsd + unheard * need.outputUsd
  return unpriced ? Math.max(known, need.costUsd) : known
}

/** Of an answer whose tokens nobody knows, what was reserved for it stays used; of one that nobody has heard, what was for the answer. */
function tokensUsed({ tokens, unheard }: Used, need: Need): number {
  return (tokens ?? need.tokens) + unheard * need.outputTokens
}

interface Settling {
  readonly counters: Counters
  readonly leaseId: string
  readonly leaseMs: number
  readonly asked: Asked
  /** Of what was asked. */
  readonly marks: Marks
}

/** Requests and items that were let in stay used, whatever becomes of them. */
class Reserved implements Reservation {
  readonly #bounds: readonly OwnedBound[]
  readonly #need: Need
  readonly #settling: Settling

  constructor(bounds: readonly OwnedBound[], need: Need, settling: Settling) {
    this.#bounds = bounds
    this.#need = need
    this.#settling = settling
  }

  ended(): void {
    this.#settle(-1, 0, 0)
  }

  settle(used: Used): void {
    const { tokens, costUsd } = this.#need
    this.#settle(0, tokensUsed(used, this.#need) - tokens, costUsed(used, this.#need) - costUsd)
  }

  #settle(places: number, tokens: number, costUsd: number): void {
    const { counters, leaseId, leaseMs, asked, marks } = this.#settling
    const takes: Take[] = []
    // What was asked stands in the same order, and may leave some out.
    let next = 0
    for (const bound of this.#bounds) {
      const { kind } = bound
      const at = asked.bounds[next] === bound ? next++ : -1
      if (kind === 'requests' || kind === 'items') continue
      const amount = kind === 'concurrent' ? places : kind === 'tokens' ? tokens : costUsd
      if (amount === 0) continue
      const take = bound.take(amount, asked.at, leaseMs)
      const mark = amount < 0 ? marks?.[at] : undefined
      takes.push(mark ? { key: take.key, bound: take.bound, amount, mark } : take)
    }
    if (takes.length > 0) counters.settle(takes, leaseId)
  }
}

/** Of each kind the bound that will stop its caller first: those that headers tell. */
function tightest(bounds: readonly OwnedBound[], states: CounterStates, at: number): readonly LimitStatus[] {
  const told: LimitStatus[] = []
  for (const kind of limitKinds) {
    let found: OwnedBound | undefined
    let place = -1
    for (let i = 0; i < bounds.length; i++) {
      if (bounds[i]?.kind !== kind || (found && !isTighter(states, i, place))) continue
      found = bounds[i]
      place = i
    }
    if (found) told.push(statusOf(found, states, place, at))
  }
  return told
}

/** The one that leaves less, and of two alike the one that is longer in coming back. */
function isTighter({ remaining, resetMs }: CounterStates, one: number, other: number): boolean {
  const more = (remaining[one] ?? 0) - (remaining[other] ?? 0)
  return more === 0 ? (resetMs[one] ?? 0) > (resetMs[other] ?? 0) : more < 0
}

function statusOf(bound: OwnedBound, { remaining, resetMs }: CounterStates, place: number, at: number): LimitStatus {
  const { owner, kind, limit, burst } = bound
  const state = { remaining: remaining[place] ?? 0, resetMs: resetMs[place] ?? 0 }
  const status = { owner, kind, limit, windowMs: bound.windowMs(at), ...state }
  return burst === undefined ? status : { ...status, burst }
}
