import type { Violation } from '../../kernel/errors.ts'
import type { FeedbackMetric } from '../../kernel/experiment.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { withoutUndefined } from '../operations/without-undefined.ts'
import { closed, map, text } from './forms.ts'
import type { FaultAt, ManifestContract, Place } from './manifest.ts'
import { recordMetricOf } from './metric-names.ts'

/** What feedback may say of a contract's calls, as people write it. */
export type ManifestMetric = Omit<FeedbackMetric, 'optimise'> & { readonly optimise?: FeedbackMetric['optimise'] }

/** As `giveFeedback` takes them. */
const namePattern = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/
const usualOptimise = 'max'

export const metricsForm: Schema = {
  ...map(
    closed(
      { type: { type: 'string', enum: ['boolean', 'number'] } },
      {
        optimise: { type: 'string', enum: ['min', 'max'] },
        source: { type: 'string', enum: ['user', 'ground_truth', 'judge', 'heuristic'] },
        description: text,
      },
    ),
    1,
  ),
}

/** Names that feedback could not give, or that an experiment would take for what every Record has. */
export function metricFaults({ metrics = {} }: ManifestContract, place: Place, faultAt: FaultAt): Violation[] {
  return Object.keys(metrics).flatMap((name) => {
    const at = [...place, 'metrics', name]
    if (!namePattern.test(name)) {
      return [faultAt(at, 'must begin with a letter and hold letters, digits, ".", "_" and "-", at most 64')]
    }
    if (!recordMetricOf(name)) return []
    return [faultAt(at, 'is taken: it is measured of every call by itself', 'Choose another name.')]
  })
}

export function metricOf({ optimise = usualOptimise, ...rest }: ManifestMetric): FeedbackMetric {
  return { ...rest, optimise }
}

export function metricOut({ optimise, ...rest }: FeedbackMetric): ManifestMetric {
  return withoutUndefined({ ...rest, optimise: optimise === usualOptimise ? undefined : optimise })
}
