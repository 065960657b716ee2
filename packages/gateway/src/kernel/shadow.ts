/** Why a call of the share was not copied, or its copy not asked for. */
export const shadowDropReasons = [
  /** As many copies in flight as may be, or as many bytes of requests among them. */
  'full',
  /** The answer, or the request, is longer than what is kept for a comparison. */
  'too-large',
  /** A limit or a budget of the consumer `astra-shadow` is used up. */
  'limits',
  /** The version could not be asked: it takes no calls, or the gateway is stopping or behind with accounting. */
  'unasked',
] as const
export type ShadowDropReason = (typeof shadowDropReasons)[number]

/** Why two answers were not compared: one is too long, or one has no form that can be read. */
export const shadowSkipReasons = ['too-large', 'form'] as const
export type ShadowSkipReason = (typeof shadowSkipReasons)[number]

/** What a shadow and a version that served came to on one day, in one gateway. */
export interface ShadowSums {
  readonly model: string
  readonly major: number
  /** Version ids. */
  readonly served: string
  readonly shadow: string
  /** UTC, "2026-01-31". */
  readonly day: string
  readonly dropped: Readonly<Partial<Record<ShadowDropReason, number>>>
  /** Copies that were asked and not answered, by error code. */
  readonly failed: Readonly<Record<string, number>>
  readonly answered: number
  /** Of those answered. */
  readonly skipped: Readonly<Partial<Record<ShadowSkipReason, number>>>
  readonly compared: number
  readonly agreed: number
  /** Of the compared ones, 0 (the same) to 1; `m2`: the sum of the squares of what lies between each and the mean. */
  readonly distance: { readonly mean: number; readonly m2: number }
  /** What they were compared by, by how often. */
  readonly measures: Readonly<Record<string, number>>
  /** Of the answered ones, what served and its copy. */
  readonly ofServed: ShadowSide
  readonly ofShadow: ShadowSide
}

/** Sums. */
export interface ShadowSide {
  readonly latencyMs: number
  /** Of those that have a price. */
  readonly costUsd: number
  readonly unpriced: number
}

/** Two calls whose answers differ; what they said is not kept. */
export interface ShadowDisagreement {
  readonly model: string
  readonly major: number
  readonly served: string
  readonly shadow: string
  /** Ids of the call and of its copy. */
  readonly call: string
  readonly copy: string
  /** ms since the Unix epoch. */
  readonly time: number
  readonly measure: string
  readonly distance: number
}

export interface ShadowReports {
  /** By contract, pair of versions and day, the oldest first. */
  sums(model: string): readonly ShadowSums[]
  /** The latest ones of each contract, the newest first. */
  disagreements(model: string): readonly ShadowDisagreement[]
}
