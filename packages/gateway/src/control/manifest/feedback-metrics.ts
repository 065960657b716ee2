import type { Violation } from '../../kernel/errors.ts'
import type { FeedbackMetric } from '../../kernel/experiment.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { withoutUndefined } from '../operations/without-undefined.ts'
import { contractsOf } from './contracts-of.ts'
import { closed, list, map, text } from './forms.ts'
import type { FaultAt, Manifest, ManifestContract, Place } from './manifest.ts'
import { recordMetricOf } from './metric-names.ts'
import { consumerNames } from './traffic-rules.ts'

/** What feedback may say of a contract's calls, as people write it. */
export type ManifestMetric = Omit<FeedbackMetric, 'optimise'> & { readonly optimise?: FeedbackMetric['optimise'] }

/** As `giveFeedback` takes them. */
const namePattern = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/
const usualOptimise = 'max'
const consumersMax = 100

export const metricsForm: Schema = {
  ...map(
    closed(
      { type: { type: 'string', enum: ['boolean', 'number'] } },
      {
        optimise: { type: 'string', enum: ['min', 'max'] },
        source: { type: 'string', enum: ['user', 'ground_truth', 'judge', 'heuristic'] },
        consumers: list(text, consumersMax),
        min: { type: 'number' },
        max: { type: 'number' },
        description: text,
      },
    ),
    1,
  ),
}

/** Names that feedback could not give, or that an experiment would take for what every Record has. */
export function metricFaults({ metrics = {} }: ManifestContract, place: Place, faultAt: FaultAt): Violation[] {
  return Object.entries(metrics).flatMap(([name, { type, min, max }]) => {
    const at = [...place, 'metrics', name]
    if (!namePattern.test(name)) {
      return [faultAt(at, 'must begin with a letter and hold letters, digits, ".", "_" and "-", at most 64')]
    }
    if (type === 'boolean' && (min !== undefined || max !== undefined)) {
      return [faultAt(at, 'has bounds, which are for numbers', 'Leave out "min" and "max", or say type: number.')]
    }
    if (min !== undefined && max !== undefined && min > max) {
      return [faultAt([...at, 'min'], `must be at most max, ${max}`)]
    }
    if (!recordMetricOf(name)) return []
    return [faultAt(at, 'is taken: it is measured of every call by itself', 'Choose another name.')]
  })
}

/** Consumers who may speak of a metric, and whom nobody is: what they were to tell would be refused. Contracts that are not sound are passed over. */
export function metricConsumerFaults(
  manifest: Manifest,
  faultAt: FaultAt,
  sound: (place: Place) => boolean,
): Violation[] {
  const known = consumerNames(Object.keys(manifest.consumers))
  return contractsOf(manifest).flatMap(({ contract, place }) =>
    Object.entries((sound(place) ? contract?.metrics : undefined) ?? {}).flatMap(([metric, { consumers = [] }]) =>
      consumers.flatMap((name, i) => {
        if (known.includes(name)) return []
        const at = [...place, 'metrics', metric, 'consumers', String(i)]
        return [faultAt(at, `is no consumer of this manifest: "${name}"`, didYouMean(name, known).suggestion)]
      }),
    ),
  )
}

export function metricOf({ optimise = usualOptimise, ...rest }: ManifestMetric): FeedbackMetric {
  return { ...rest, optimise }
}

export function metricOut({ optimise, ...rest }: FeedbackMetric): ManifestMetric {
  return withoutUndefined({ ...rest, optimise: optimise === usualOptimise ? undefined : optimise })
}
