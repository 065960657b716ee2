import type { ShadowCompare } from './shadow.ts'

/** A share of the calls is copied to a version whose answers are not served. */
export interface Shadow {
  readonly version: string
  /** In (0, 1]. */
  readonly share: number
  readonly compare?: ShadowCompare
}

/** A model that scores a share of the answers, in the background: it learns neither the version nor who called. */
export interface Judge {
  readonly model: string
  readonly major: number
  /** Version id: another version would be another measure. */
  readonly version: string
  /** In (0, 1], the same for every arm. */
  readonly share: number
  /** JSON Pointers into its output: the metric's value, and a comment. */
  readonly value: string
  readonly comment?: string
}

/** How inputs and outputs are compared with those of a reference window. */
export interface DriftPolicy {
  /** How much of the latest time is held against the reference, ms. */
  readonly windowMs: number
  /** Days as ISO dates, UTC, both included; left out: the first values, as many as `DriftPolicy.first` says. */
  readonly reference?: { readonly from: string; readonly to: string }
  /** Of each feature so many values of a version make its reference where no days are declared. */
  readonly first: number
  /** By name; left out: those that the schemas give (lengths, numbers, labels). */
  readonly features?: Readonly<Record<string, DriftFeature>>
}

export interface DriftFeature {
  readonly of: 'input' | 'output'
  /** JSON Pointer; "" is the whole. */
  readonly at: string
  /** A text's characters or a list's entries, a number, one from 0 to 1 of which both ends matter, or a value out of few. */
  readonly as: 'length' | 'number' | 'probability' | 'category'
}

/** Which payloads are kept beside their Records, and for how long. Left out: none. */
export interface CapturePolicy {
  /** `redacted`: before anything is written. */
  readonly payload: 'redacted' | 'full'
  /** In (0, 1]. */
  readonly share: number
  readonly keepMs: number
  /** Of `redacted`: JSON Pointers, "*" for every entry, of what is left out whole, in inputs ("/input/…") and outputs ("/output/…"). */
  readonly redact?: readonly string[]
}

/** What a version is to come to on a set of cases. */
export interface Gate {
  /** Name of the set. */
  readonly data: string
  /** At most so many of its cases, always the same ones; left out: all. */
  readonly cases?: number
  /** By the measure's name. */
  readonly require: Readonly<Record<string, GateBound>>
}

export interface GateBound {
  readonly min?: number
  readonly max?: number
  /** At most so much worse than the version that has most of the traffic, on the same cases. */
  readonly drop?: number
}

/** A second attempt beside a first one that has not begun to answer. */
export interface Hedge {
  readonly afterMs: number
  /** At most this share of the calls, in (0, 1]. */
  readonly share: number
}
