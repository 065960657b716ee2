/** A judgement of one call: found by the id that the gateway gave it, or by the reference that its caller gave. */
export type Feedback = Judgement & (OfCall | OfReference)

interface Judgement {
  /** What was judged, e.g. "correct" or "stars": of the metrics that the contract declares, where it declares any. */
  readonly metric: string
  /** Of a declared metric: of its type, a number or a boolean. */
  readonly value: number | boolean | string
  /** Default: user. */
  readonly source?: FeedbackSource
  readonly comment?: string
}

interface OfCall {
  readonly call: string
  readonly reference?: undefined
}

interface OfReference {
  readonly reference: string
  readonly call?: undefined
}

export type FeedbackSource = 'user' | 'ground_truth' | 'judge' | 'heuristic'

/** The call that the feedback was kept with. */
export interface FeedbackReceipt {
  readonly call: string
  /** Why no experiment counts it: its source is another than the metric names. */
  readonly notCounted?: string
}
