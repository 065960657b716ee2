import type { Drift } from './drift.ts'

/**
 * Drift of many features at once: the share of the features that drifted, among those that could be judged, against a
 * threshold (default 0.5, as in Evidently). "Unknown" while fewer than half of the features could be judged, or a single
 * early one would speak for all.
 *
 * The features' p-values are not corrected for their number, since the share is judged and not "any of them": without drift
 * about one feature in twenty is called drifted, far from half of them. With one or two features that is no protection (5 %
 * and 10 % false alarms); from three independent ones on it is below 1.5 %. Features that go together drift together.
 */
export interface DriftOfMany {
  readonly outcome: 'drifted' | 'stable' | 'unknown'
  /** drifted / judged; 0 if none could be judged. */
  readonly share: number
  readonly threshold: number
  readonly drifted: readonly string[]
  readonly unknown: readonly string[]
  readonly judged: number
}

export function driftOfMany(features: Readonly<Record<string, Drift>>, threshold = 0.5): DriftOfMany {
  const named = (outcome: Drift['outcome']) =>
    Object.keys(features).filter((name) => features[name]?.outcome === outcome)
  const drifted = named('drifted')
  const unknown = named('unknown')
  const judged = drifted.length + named('stable').length
  const share = judged === 0 ? 0 : drifted.length / judged
  const counts = { share, threshold, drifted, unknown, judged }
  if (judged === 0 || judged < unknown.length) return { outcome: 'unknown', ...counts }
  return { outcome: share >= threshold ? 'drifted' : 'stable', ...counts }
}
