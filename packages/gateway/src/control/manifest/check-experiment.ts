import type { Violation } from '../../kernel/errors.ts'
import type { FeedbackMetric } from '../../kernel/experiment.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import { defaultMajor } from './defaults.ts'
import { experimentDurationWords, experimentMsMax, guardrailOf, type ManifestExperiment } from './experiment.ts'
import { metricOf } from './feedback-metrics.ts'
import type { FaultAt, Manifest, ManifestContract, ManifestModel, Place } from './manifest.ts'
import { marginWords } from './margin.ts'
import { metricMeant, metricNamed, recordMetricOf } from './metric-names.ts'
import { majorNumber } from './names.ts'
import { ownEntry } from './own-entry.ts'
import { parseLongDuration } from './quantities.ts'

/** What the form cannot say of an experiment, apart from what is deployed. */
export function experimentFaults(
  name: string,
  experiment: ManifestExperiment,
  manifest: Manifest,
  faultAt: FaultAt,
  sound: (place: Place) => boolean,
): Violation[] {
  const place = ['experiments', name]
  const at: At = (keys, message, suggestion) => faultAt([...place, ...keys], message, suggestion)
  const found = targetOf(experiment, manifest)
  const faults = [
    ...armFaults(experiment, at),
    ...allocationFaults(experiment, at),
    ...rampFaults(experiment, at),
    ...timeFaults(experiment, at),
  ]
  if (!found) return [targetFault(experiment, manifest, at), ...faults]
  const contract = ['models', found.model, 'contracts', `v${found.major}`]
  if (!sound(contract)) return faults
  return [...faults, ...metricFaults(experiment, feedbackOf(manifest, found), at)]
}

type At = (keys: readonly string[], message: string, suggestion?: string) => Violation

export interface Target {
  readonly model: string
  readonly major: number
}

/** The contract that it is about; undefined where the manifest has none such. */
export function targetOf({ model: text }: Pick<ManifestExperiment, 'model'>, { models }: Manifest): Target | undefined {
  const [, model = '', named] = /^(.+?)(?:@v([1-9]\d{0,3}))?$/s.exec(text) ?? []
  const declared: ManifestModel | null | undefined = ownEntry(models, model)
  // Of a model that is not sound in its form nothing is told here.
  const majors = Object.entries(declared?.contracts ?? {}).map(
    ([major, contract]: [string, ManifestContract | null]) => [majorNumber(major), contract ?? {}] as const,
  )
  if (majors.length === 0) return undefined
  const usual = declared?.default === undefined ? defaultMajor(majors) : majorNumber(declared.default)
  const major = named === undefined ? usual : Number(named)
  return majors.some(([known]) => known === major) ? { model, major } : undefined
}

export function feedbackOf({ models }: Manifest, { model, major }: Target): Readonly<Record<string, FeedbackMetric>> {
  const metrics = models[model]?.contracts[`v${major}`]?.metrics ?? {}
  return Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, metricOf(metric)]))
}

function targetFault({ model }: ManifestExperiment, { models }: Manifest, at: At): Violation {
  const known = Object.entries(models).flatMap(([name, declared]: [string, ManifestModel | null]) => [
    name,
    ...Object.keys(declared?.contracts ?? {}).map((major) => `${name}@${major}`),
  ])
  return at(['model'], `is no model or contract of this manifest: "${model}"`, didYouMean(model, known).suggestion)
}

function armFaults({ control, candidates, shares }: ManifestExperiment, at: At): Violation[] {
  const faults = candidates.flatMap((id, i) => {
    if (id === control) return [at(['candidates', String(i)], 'is the control already', 'Leave it out.')]
    return candidates.indexOf(id) === i ? [] : [at(['candidates', String(i)], `stands in the list twice: "${id}"`)]
  })
  if (!shares) return faults
  const arms = control === undefined ? candidates : [control, ...candidates]
  const missing = [...new Set(arms)].filter((id) => !Object.hasOwn(shares, id))
  const others = Object.keys(shares).filter((id) => !arms.includes(id))
  // Without a control declared, one of the shares is its own.
  const strangers = control === undefined ? others.slice(1) : others
  return [
    ...faults,
    ...(missing.length > 0
      ? [at(['shares'], `must have a share for each arm; there is none for ${missing.join(', ')}`)]
      : []),
    ...strangers.map((id) => at(['shares', id], 'is no arm of this experiment', didYouMean(id, arms).suggestion)),
  ]
}

/** Shares follow one metric; of a quantile units tell too little one by one. */
function allocationFaults({ allocation, candidates, metrics }: ManifestExperiment, at: At): Violation[] {
  if (!allocation) return []
  const { method, every, least } = allocation
  if (method === 'fixed') {
    const fields = Object.keys(allocation).filter((field) => field !== 'method')
    return fields.map((field) => at(['allocation', field], 'has no use: fixed shares stay', 'Leave it out.'))
  }
  const [metric, ...others] = metrics
  const arms = candidates.length + 1
  const quantile = metric !== undefined && recordMetricOf(metric)?.type === 'quantile'
  return [
    ...durationFaults(every, ['allocation', 'every'], at),
    ...(least !== undefined && least * arms > 1
      ? [at(['allocation', 'least'], `must be at most 1 / ${arms}, the equal part of each of ${arms} arms`)]
      : []),
    ...(others.length > 0
      ? [at(['metrics'], `must be one, which shares can follow (${method})`, 'Make the others guardrails.')]
      : []),
    ...(quantile
      ? [at(['metrics', '0'], 'is a quantile, which shares cannot follow', 'Take a mean, such as latency.')]
      : []),
  ]
}

function rampFaults({ ramp, coverage }: ManifestExperiment, at: At): Violation[] {
  if (!ramp) return []
  const both = coverage === undefined ? [] : [at(['coverage'], 'has no use beside "ramp"', 'Leave one of them out.')]
  const faults = ramp.flatMap((step, i) => {
    const last = i === ramp.length - 1
    const place = ['ramp', String(i)]
    const before = ramp[i - 1]
    const lower = before !== undefined && before.coverage >= step.coverage
    return [
      ...(lower
        ? [
            at(
              [...place, 'coverage'],
              `must be more than in the step before, ${before.coverage}: who takes part stays in it`,
            ),
          ]
        : []),
      ...(last || step.for !== undefined ? [] : [at(place, 'needs "for": how long it lasts, such as 1h')]),
      ...(last && step.for !== undefined
        ? [at([...place, 'for'], 'has no use: the last step lasts until the end', 'Leave it out, or add a step.')]
        : durationFaults(step.for, [...place, 'for'], at)),
    ]
  })
  return [...both, ...faults]
}

function timeFaults(experiment: ManifestExperiment, at: At): Violation[] {
  const { attribution, minimalDuration, maximalDuration } = experiment
  const faults = (['attribution', 'minimalDuration', 'maximalDuration'] as const).flatMap((field) =>
    durationFaults(experiment[field], [field], at),
  )
  const least = parseLongDuration(minimalDuration ?? '24h') ?? 0
  const most = parseLongDuration(maximalDuration ?? '30d') ?? Number.POSITIVE_INFINITY
  const window = parseLongDuration(attribution ?? '1d') ?? 0
  if (least <= most)
    return window >= most && window <= experimentMsMax ? [...faults, windowFault(experiment, at)] : faults
  const field = maximalDuration === undefined ? 'minimalDuration' : 'maximalDuration'
  const message =
    field === 'minimalDuration'
      ? 'must not be longer than "maximalDuration", 30d when left out'
      : `must not be shorter than "minimalDuration", ${minimalDuration ?? '24h when left out'}`
  return [...faults, at([field], message)]
}

/** Means of units are analysed when their windows have ended: none would be before the end. */
function windowFault({ attribution, maximalDuration }: ManifestExperiment, at: At): Violation {
  const advice = 'Take a shorter "attribution", such as 1h.'
  return attribution === undefined
    ? at(
        ['maximalDuration'],
        'must be longer than "attribution", 1d when left out: no unit would count before it',
        advice,
      )
    : at(
        ['attribution'],
        `must be shorter than "maximalDuration", ${maximalDuration ?? '30d when left out'}: no unit would count before that`,
        advice,
      )
}

function durationFaults(text: string | undefined, keys: readonly string[], at: At): Violation[] {
  const sound = text === undefined || (parseLongDuration(text) ?? Number.POSITIVE_INFINITY) <= experimentMsMax
  return sound ? [] : [at(keys, experimentDurationWords)]
}

function metricFaults(
  { metrics, guardrails = [] }: ManifestExperiment,
  feedback: Readonly<Record<string, FeedbackMetric>>,
  at: At,
): Violation[] {
  const seen = new Set<string>()
  const one = (name: string, keys: readonly string[]) => {
    if (!metricNamed(name, 'success', feedback))
      return [at(keys, `is no metric: "${name}"`, metricMeant(name, feedback))]
    if (seen.has(name))
      return [at(keys, `stands here twice: "${name}"`, 'Name each metric once, where it counts more.')]
    seen.add(name)
    return []
  }
  return [
    ...metrics.flatMap((name, i) => one(name, ['metrics', String(i)])),
    ...guardrails.flatMap((guardrail, i) => {
      const keys = ['guardrails', String(i)]
      if (typeof guardrail === 'string') return one(guardrail, keys)
      const faults = one(guardrail.metric, [...keys, 'metric'])
      if (faults.length > 0 || guardrailOf(guardrail, feedback)) return faults
      return [at([...keys, 'margin'], `${marginWords}, not ${JSON.stringify(guardrail.margin)}`)]
    }),
  ]
}
