/** By what two answers are compared. */
export const shadowMeasures = ['label', 'number', 'vector', 'text', 'json'] as const
export type ShadowMeasure = (typeof shadowMeasures)[number]

/** How a shadow's answers are compared with those that were served. */
export interface ShadowCompare {
  /** Answers that cannot be read so are compared as JSON. Left out: the first that can read both. */
  readonly measure?: ShadowMeasure
  /** Answers agree up to this distance by the measure, in [0, 1]; of JSON, numbers in it do. Not of labels. */
  readonly tolerance?: number
  /** JSON Pointers into the output, "*" for every entry: what is not looked at. */
  readonly ignore?: readonly string[]
}

/** Why a call of the share was not copied, or its copy not asked for. */
export type ShadowDropReason =
  /** As many copies in flight as may be, or as many bytes of requests among them. */
  | 'full'
  /** The answer, or the request, is longer than what is kept for a comparison. */
  | 'too-large'
  /** A limit or a budget of the consumer `astra-shadow` is used up. */
  | 'limits'
  /** The version could not be asked: it takes no calls, or the gateway is stopping or behind with accounting. */
  | 'unasked'

/** Why two answers were not compared: one is too long, or one has no form that can be read. */
export type ShadowSkipReason = 'too-large' | 'form'

/** A version that served and one that was asked beside it, of one contract. */
export interface ShadowPair {
  readonly model: string
  readonly major: number
  /** Version ids. */
  readonly served: string
  readonly shadow: string
}

/** One sum of what a pair came to on one day: all that is told of shadows are such sums, which add up over days and gateways. */
export interface ShadowSum extends ShadowPair {
  /** Days since the Unix epoch (UTC). */
  readonly day: number
  readonly name: ShadowSumName
  readonly value: number
}

export type ShadowSumName =
  /** Copies that were answered, those of them that were compared, and those of them that agreed. */
  | 'answered'
  | 'compared'
  | 'agreed'
  /** Of those compared, 0 (the same) to 1, and their squares. */
  | 'distance'
  | 'distance-squares'
  /** Of those compared, by what: "measure/label". */
  | `measure/${string}`
  | `skipped/${ShadowSkipReason}`
  /** Of copies that were asked and not answered, or refused by their own fault, by error code. */
  | `failed/${string}`
  | `dropped/${ShadowDropReason}`
  /** Of those answered, of the call itself and of its copy. */
  | `${ShadowSide}/${'latency-ms' | 'cost-usd' | 'unpriced'}`

export type ShadowSide = 'served' | 'shadow'

/** Sums for people: one that is sent twice, as the answer to the first was lost, counts twice. */
export interface ShadowStore {
  /** Adds to what is kept. Resolves when it is durable. */
  add(sums: readonly ShadowSum[]): Promise<void>
  /** The oldest days first. */
  sums(model: string): Promise<readonly ShadowSum[]>
}

/** Two calls whose answers differ; what they said is not kept. */
export interface ShadowDisagreement extends ShadowPair {
  /** Ids of the call and of its copy. */
  readonly call: string
  readonly copy: string
  /** ms since the Unix epoch. */
  readonly time: number
  readonly measure: string
  readonly distance: number
}

export interface ShadowReports {
  /** The oldest days first. Rejects with `store_unavailable`. */
  sums(model: string): Promise<readonly ShadowSum[]>
  /** The latest ones of each contract that this gateway has seen, the newest first. */
  disagreements(model: string): readonly ShadowDisagreement[]
}
