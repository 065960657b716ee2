import { circuitWindow, type Plan, planDefaults } from '../evidence.ts'

/** What the decision table compares with; all may be set, these are its defaults. */
export interface Thresholds {
  readonly plan: Plan
  /** Failures among the latest calls that break the circuit: half of the last 20. */
  readonly circuitFailures: number
  /** Failures at the end of the control's latest calls that show it failing just now, before half of them have. */
  readonly controlFailuresInRow: number
  /** The share of 5xx over at least that many calls that breaks it while the control stays below `controlErrorShare`. */
  readonly serverErrorShare: number
  readonly serverErrorCalls: number
  readonly controlErrorShare: number
  /** Decisions freeze below these. */
  readonly sampleRatioP: number
  readonly feedbackRatioP: number
}

export const thresholdDefaults: Thresholds = {
  plan: planDefaults,
  circuitFailures: circuitWindow / 2,
  controlFailuresInRow: 2,
  serverErrorShare: 0.05,
  serverErrorCalls: 200,
  controlErrorShare: 0.01,
  sampleRatioP: 0.001,
  feedbackRatioP: 0.001,
}
