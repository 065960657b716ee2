/**
 * What an owner may use up. Each bound stands for itself, and a call must fit all those of its key, consumer, team, model and
 * version. Left out: unbounded.
 */
export interface Limits {
  /** Calls, those that a cache answers included. */
  readonly requests?: Rate
  readonly items?: Rate
  /** Input and output together. */
  readonly tokens?: Rate
  /** Calls in flight at once. */
  readonly concurrent?: number
  readonly budget?: Budget
}

/** So much per interval, spread evenly over it; up to `burst` at once after a pause. */
export interface Rate {
  readonly amount: number
  readonly perMs: number
  readonly burst: number
}

/** USD in a calendar day and month (UTC). */
export interface Budget {
  readonly day?: number
  readonly month?: number
}

export const limitKinds = ['requests', 'items', 'tokens', 'concurrent', 'budget-day', 'budget-month'] as const
export type LimitKind = (typeof limitKinds)[number]

/** From the narrowest to the widest; the first that refuses is told. */
export const ownerKinds = ['key', 'consumer', 'team', 'model', 'version'] as const
export type OwnerKind = (typeof ownerKinds)[number]

/** Whose limit it is: a key's id, a name, "spam" or "spam@v1/1.1". */
export interface LimitOwner {
  readonly kind: OwnerKind
  readonly name: string
}

/** One bound of one owner, as a counter knows it. */
export type Bound =
  | { readonly type: 'rate'; readonly amount: number; readonly perMs: number; readonly burst: number }
  /** Leases, so that those of a gateway that died end by themselves. */
  | { readonly type: 'concurrent'; readonly max: number; readonly leaseMs: number }
  /** A sum that begins anew at `until`, ms since the Unix epoch. */
  | { readonly type: 'sum'; readonly max: number; readonly until: number }

/**
 * One counter, as it is asked call after call. What a call takes stands beside it: 30 objects made for each call were 2 kB of it.
 */
export interface Counted {
  /** Names the counter: "team:growth/tokens"; of a sum with its period: "team:growth/budget-day/2026-11-23". */
  readonly key: string
  readonly bound: Bound
  /** Which of the amounts it takes. */
  readonly of: number
  /** What it takes may be given back: of a rate, its mark is told. */
  readonly settles: boolean
}

/** Calls, items, tokens or USD; 1 of a lease. 0: only look. More than `burst` or `max` never fits. */
export type Amounts = readonly number[]

/**
 * Where each rate that settles stood once it had taken, in their order, `markSize` numbers each: when its level began to rise from nothing,
 * by the counters' clock; what had come in since then, this take included; and what had drained since then. NaN of one that took nothing.
 * Only the counters that made it know how to read it.
 */
export type Marks = readonly number[]

export const markSize = 3

export interface CounterState {
  /** What a take could have at once, now; never below 0. */
  readonly remaining: number
  /** Until all of it could be had again, ms: 0 when nothing is used, and of calls in flight, as no counter knows when one ends. */
  readonly resetMs: number
}

export type Taken =
  | (CounterStates & { readonly taken: true; readonly marks?: Marks })
  /** Nothing is taken. `retryAfterMs`: until this bound could be kept; undefined where waiting does not help. */
  | (CounterStates & {
      readonly taken: false
      readonly refusedAt: number
      readonly retryAfterMs: number | undefined
    })

/** Few of the `CounterState`s of 30 bounds are told to anyone: `bounds.ts` reads those from this. */
export interface CounterStates {
  /** Of each bound: after the takes where they were taken, as it is where one was refused. */
  readonly used: readonly number[]
  /** Of the counters' clock, since the Unix epoch. */
  readonly nowMs: number
}

/** What was spent of one budget in its period, as each writer of accounting has it: by their names, USD. */
export interface Spent {
  readonly key: string
  readonly bound: Bound
  readonly by: ReadonlyMap<string, number>
}

/** So much of one counter. */
export interface Take {
  readonly key: string
  readonly bound: Bound
  readonly amount: number
}

/**
 * Counters, in memory or shared over gateways. `now` is theirs: the one clock of all who share them.
 */
export interface Counters {
  /**
   * All or nothing, in order. `leaseId` names the leases, so that giving one back twice changes nothing. Never admits more than
   * the bounds allow; where counters lie on several machines, what is given back after a refusal may briefly be missing. A promise only
   * where somebody has to be asked; rejects with `limits_unavailable`.
   */
  take(asked: readonly Counted[], amounts: Amounts, leaseId: string): Taken | Promise<Taken>
  /**
   * Settles what was reserved: an amount is what was used beyond it, or below 0, what was not used. Never refuses: a bound may be passed by
   * it, and then stays closed for longer. A lease is given back by -1. `marks`: of the rates among `asked` that settle, as they took; what
   * has drained since is not there any more. Left out: all of it is given.
   */
  settle(asked: readonly Counted[], amounts: Amounts, leaseId: string, marks?: Marks): void
  /**
   * What was spent before a counter began: what a writer tells first is added, on top of what has come in since; then it only raises.
   * Where counters are shared, what does not reach them is not kept: whoever tells it tells it anew.
   */
  restore(spent: readonly Spent[]): void | Promise<void>
  /**
   * What was spent at least, where a counter may have missed some of it: no sum stays below what all writers have told, of each the most.
   * So to tell it again, in whatever order, counts nothing twice.
   */
  raise(spent: readonly Spent[]): void | Promise<void>
  /** Not working: why; undefined when all is well. */
  fault(): string | undefined
  close(): Promise<void>
}

/** What happens while shared counters or a shared cache cannot be reached: calls go on without, or are refused. */
export type WhenUnavailable = 'open' | 'closed'

/** One bound that a call met, as headers and reports tell it. */
export interface LimitStatus extends CounterState {
  readonly owner: LimitOwner
  readonly kind: LimitKind
  /** The bound itself: the amount of its interval, the most at once, or USD. */
  readonly limit: number
  /** Of a rate or budget, the interval in ms. */
  readonly windowMs: number | undefined
  /** Of a rate, the most at once, where that is another than the amount of its interval. */
  readonly burst?: number
}

/** The bound that refused a call. */
export interface RefusedBy extends LimitStatus {
  readonly retryAfterMs: number | undefined
}

/** What a call has reserved; it gives back what it did not use, however it ends. */
export interface Reservation {
  /** The call is over, while what it used is still counted: its place in flight is free. */
  ended(): void
  /** The call is over, and all that it used is counted. */
  settle(used: Used): void
}

/** What a call used up, all its attempts together. */
export interface Used {
  /** Undefined where those of an answer are not known. */
  readonly tokens: number | undefined
  /** Undefined where nothing of it is known. */
  readonly costUsd: number | undefined
  /** The cost is more than `costUsd`, and nobody knows how much. */
  readonly unpriced: boolean
  /** Attempts beside those figures that may have written an answer which nobody has heard. */
  readonly unheard: number
}
