import { typesOf } from './schema/facets.ts'
import type { Schema } from './schema/schema.ts'

/** Why an answer of the share was not judged, or its judge not asked. */
export type JudgeDropReason =
  /** As many wait as may, or as many bytes among them. */
  | 'full'
  /** The input or the answer is longer than what a judge is given. */
  | 'too-large'
  /** It cannot be read: of a stream without text, or of what has no form that the judge takes. */
  | 'form'
  /** A limit or a budget of the consumer `astra-judge` is used up. */
  | 'limits'
  /** The judge could not be asked: it is not deployed any more or has no replica, or the gateway is stopping or behind with accounting. */
  | 'unasked'

/** Answers of one version, as one judge sees them. */
export interface JudgeSubject {
  readonly model: string
  readonly major: number
  readonly metric: string
  /** Version id of who answered. */
  readonly version: string
  /** "helpful-judge@v1/1.0": another version of it would be another measure. */
  readonly judge: string
}

/** One sum of what a judge came to on one day; they add up over days and gateways. */
export interface JudgeSum extends JudgeSubject {
  /** Days since the Unix epoch (UTC). */
  readonly day: number
  readonly name: JudgeSumName
  readonly value: number
}

export type JudgeSumName =
  /** Judgements that were asked for, and those of them that are feedback now. */
  | 'asked'
  | 'judged'
  /** Of those, what was said (true counts 1), and its squares. */
  | 'value'
  | 'value-squares'
  /** Of those asked. */
  | 'latency-ms'
  | 'cost-usd'
  | 'unpriced'
  /** By error code; `value`: what it said is none of the metric. */
  | `failed/${string}`
  | `dropped/${JudgeDropReason}`

/** Sums for people: one that is sent twice, as the answer to the first was lost, counts twice. */
export interface JudgeStore {
  /** Adds to what is kept. Resolves when it is durable. */
  add(sums: readonly JudgeSum[]): Promise<void>
  /** The oldest days first. */
  sums(model: string): Promise<readonly JudgeSum[]>
}

export interface JudgeReports {
  /** What is not written yet included. Rejects with `store_unavailable`. */
  sums(model: string): Promise<readonly JudgeSum[]>
}

/** Whether a judge takes a side of a call as text: where its schema says so. Else it takes it as JSON. */
export function readsText(side: Schema): boolean {
  const types = typesOf(side)?.filter((type) => type !== 'null')
  return types?.length === 1 && types[0] === 'string'
}
